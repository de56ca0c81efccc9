//! Who has blocked whom.

use plaza_domain::{UserId, UserPair};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, UnionType};

use super::{join_pairs, join_user, padded};
use crate::db::entity::block::{Column, Entity};

/// Whom a user has blocked, by rising id.
pub fn list(blocker_id: UserId, after: Option<UserId>, limit: u64) -> SelectStatement {
    let after = after.map(|user_id| Expr::col((Entity, Column::BlockedId)).gt(user_id.uuid()));
    let mut query = Query::select();
    query.column((Entity, Column::CreatedAt)).from(Entity);
    join_user(&mut query, (Entity, Column::BlockedId));
    query
        .and_where(Expr::col((Entity, Column::BlockerId)).eq(blocker_id.uuid()))
        .and_where_option(after)
        .order_by((Entity, Column::BlockedId), Order::Asc)
        .limit(limit)
        .take()
}

/// The blocks by or of these users; at least one user.
pub fn around(user_ids: &[UserId], limit: u64) -> SelectStatement {
    let columns = [Column::BlockerId, Column::BlockedId];
    let blocks = |column: Column| {
        Query::select()
            .columns(columns)
            .from(Entity)
            .and_where(Expr::col(column).is_in(padded(user_ids.iter().map(|id| id.uuid()))))
            .take()
    };
    // Not `OR`: Postgres would rather read the whole table.
    let around = blocks(Column::BlockerId).union(UnionType::Distinct, blocks(Column::BlockedId)).take();
    Query::select().columns(columns).from_subquery(around, Alias::new("around")).limit(limit).take()
}

/// The blocks between the users of these pairs, in either direction; at least one pair.
pub fn among(pairs: &[UserPair]) -> SelectStatement {
    let both_ways = pairs.iter().flat_map(|pair| {
        let [low, high] = pair.users().map(UserId::uuid);
        [(low, high), (high, low)]
    });
    let mut query = Query::select();
    query.columns([Column::BlockerId, Column::BlockedId].map(|column| (Entity, column))).from(Entity);
    join_pairs(&mut query, [(Entity, Column::BlockerId), (Entity, Column::BlockedId)], both_ways);
    query
}
