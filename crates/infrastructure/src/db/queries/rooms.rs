//! Rooms.

use plaza_domain::repository::{Advance, RoomFilter};
use plaza_domain::{RoomEpoch, RoomId, UserId};
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, JoinType, LockType, Order, Query,
    SelectStatement, TableRef, UnionType, UpdateStatement,
};
use sea_orm::{DbBackend, Iterable};
use uuid::Uuid;

use super::overviews::{MEMBER, named};
use super::padded;
use crate::db::entity::room::{Column, Entity};
use crate::db::entity::room_member;

/// Who raises a room whatever its epoch says so by this one, which no room is in.
const ANY_EPOCH: i64 = -1;

/// The room with that id.
pub fn find(id: RoomId) -> SelectStatement {
    existing().and_where(Expr::col(Column::Id).eq(id.uuid())).take()
}

/// The same, and a user's membership of it, whose columns have `MEMBER` before their names.
pub fn find_with_member(id: RoomId, user_id: UserId) -> SelectStatement {
    let member = |column| Expr::col((room_member::Entity, column));
    let of_user = member(room_member::Column::RoomId)
        .eq(Expr::col((Entity, Column::Id)))
        .and(member(room_member::Column::UserId).eq(user_id.uuid()));
    let mut query = Query::select();
    query.columns(Column::iter().map(|column| (Entity, column))).from(Entity);
    query.join(JoinType::LeftJoin, room_member::Entity, of_user);
    for column in room_member::Column::iter() {
        query.expr_as(member(column), named(MEMBER, column));
    }
    query
        .and_where(Expr::col((Entity, Column::Id)).eq(id.uuid()))
        .and_where(Expr::col((Entity, Column::DeletedAt)).is_null())
        .take()
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

/// Raises the counters of rooms and returns them; at least one room, each once.
///
/// On Postgres they are locked first, in the order of their ids: an update alone locks them in the order in which it
/// finds them, and two who raise the same rooms could each wait for the other's. SQLite has one writer.
pub fn advance_many(on: DbBackend, advances: &[Advance]) -> UpdateStatement {
    let row = |advance: &Advance| {
        let epoch = advance.epoch.map_or(ANY_EPOCH, RoomEpoch::get);
        (advance.room_id.uuid(), advance.messages, advance.changes, epoch)
    };
    let mut rows: Vec<(Uuid, i64, i64, i64)> = advances.iter().map(row).collect();
    // Few lengths, for the same reason as in `list_of`.
    rows.resize(rows.len().next_power_of_two(), (Uuid::nil(), 0, 0, ANY_EPOCH));
    let advances = Alias::new("advances");
    let advance = |column: &'static str| Expr::col((advances.clone(), Alias::new(column)));
    let same = Expr::col((Entity, Column::Id)).eq(advance("column1"));
    let is_current = advance("column4").eq(ANY_EPOCH).or(advance("column4").eq(epoch()));
    let list = Query::select().column(Asterisk).from_values(rows, advances.clone()).take();
    let mut update = Query::update();
    if on == DbBackend::Postgres {
        let locked = Query::select()
            .columns(["column1", "column2", "column3"].map(|column| (advances.clone(), Alias::new(column))))
            .from(Entity)
            .join_subquery(JoinType::InnerJoin, list, advances.clone(), same.clone())
            .and_where(Expr::col((Entity, Column::DeletedAt)).is_null())
            // Looked at again, with what the room is by then, when somebody was waited for.
            .and_where(is_current)
            .order_by((Entity, Column::Id), Order::Asc)
            // What an update of counters locks: who refers to the room does not wait.
            .lock_with_tables(LockType::NoKeyUpdate, [Entity])
            .take();
        let locked = CommonTableExpression::new().table_name(advances.clone()).query(locked).to_owned();
        update.with_cte(locked).from(advances.clone());
    } else {
        update.from(TableRef::SubQuery(list.into(), advances.clone().into())).and_where(is_current);
    }
    update
        .table(Entity)
        .value(Column::LastSeq, Expr::col((Entity, Column::LastSeq)).add(advance("column2")))
        .value(Column::Version, Expr::col((Entity, Column::Version)).add(advance("column3")))
        .and_where(same)
        .and_where(Expr::col((Entity, Column::DeletedAt)).is_null())
        .returning(
            Query::returning().columns([Column::Id, Column::LastSeq, Column::Version].map(|it| (Entity, it))),
        )
        .take()
}

/// A room's epoch: how many of its changes are no new messages.
pub(super) fn epoch() -> Expr {
    Expr::col((Entity, Column::Version)).sub(Expr::col((Entity, Column::LastSeq)))
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
