//! Rooms.

use plaza_domain::repository::RoomFilter;
use plaza_domain::{RoomId, UserId};
use sea_orm::Iterable;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, UnionType, UpdateStatement};

use super::padded;
use crate::db::entity::room::{Column, Entity};
use crate::db::entity::room_member;

/// The room with that id.
pub fn find(id: RoomId) -> SelectStatement {
    existing().and_where(Expr::col(Column::Id).eq(id.uuid())).take()
}

/// Rooms by falling id. The newest of each sort that may be shown are found in an index of their own, then merged.
pub fn list(user_id: UserId, filter: RoomFilter, before: Option<RoomId>, limit: u64) -> SelectStatement {
    let mut ids = limited(mine(user_id, before), limit);
    if filter == RoomFilter::Visible {
        ids.union(UnionType::Distinct, limited(public(before), limit));
    }
    existing()
        .and_where(Expr::col(Column::Id).in_subquery(ids))
        .order_by(Column::Id, Order::Desc)
        .limit(limit)
        .take()
}

/// Raises a room's counters and returns them.
pub fn advance(id: RoomId, messages: i64, changes: i64) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::LastSeq, Expr::col(Column::LastSeq).add(messages))
        .value(Column::Version, Expr::col(Column::Version).add(changes))
        .and_where(Expr::col(Column::Id).eq(id.uuid()))
        .and_where(Expr::col(Column::DeletedAt).is_null())
        .returning(Query::returning().columns([Column::LastSeq, Column::Version]))
        .take()
}

/// The newest change of each of these rooms.
pub fn versions(ids: &[RoomId]) -> SelectStatement {
    let ids = padded(ids.iter().map(|id| id.uuid()));
    Query::select()
        .columns([Column::Id, Column::Version])
        .from(Entity)
        .and_where(Expr::col(Column::DeletedAt).is_null())
        .and_where(Expr::col(Column::Id).is_in(ids))
        .take()
}

fn existing() -> SelectStatement {
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::DeletedAt).is_null())
        .take()
}

fn mine(user_id: UserId, before: Option<RoomId>) -> SelectStatement {
    let room_id = room_member::Column::RoomId;
    Query::select()
        .expr_as(Expr::col(room_id), Column::Id)
        .from(room_member::Entity)
        .and_where(Expr::col(room_member::Column::UserId).eq(user_id.uuid()))
        .and_where(Expr::col(room_member::Column::LeftAt).is_null())
        .and_where_option(before.map(|id| Expr::col(room_id).lt(id.uuid())))
        .order_by(room_id, Order::Desc)
        .take()
}

fn public(before: Option<RoomId>) -> SelectStatement {
    Query::select()
        .column(Column::Id)
        .from(Entity)
        // Word for word the condition of the partial index.
        .and_where(Expr::cust("NOT is_private AND deleted_at IS NULL"))
        .and_where_option(before.map(|id| Expr::col(Column::Id).lt(id.uuid())))
        .order_by(Column::Id, Order::Desc)
        .take()
}

/// Wrapped in a query of its own: the parts of a `UNION` may not have an order and a limit themselves.
fn limited(mut ids: SelectStatement, limit: u64) -> SelectStatement {
    let ids = ids.limit(limit).take();
    Query::select().column(Column::Id).from_subquery(ids, Alias::new("ids")).take()
}
