//! Direct rooms: which two users a room belongs to.

use plaza_domain::{RoomId, RoomKind, UserId, UserPair};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};

use super::{padded, select_summary};
use crate::db::entity::direct_room::{Column, Entity};
use crate::db::entity::{block, room, room_member, user};

/// What [`find_many`] calls its answer to whether nothing more can be written in a room.
pub(crate) const IS_CLOSED: &str = "is_closed";

/// The direct room of two users.
pub fn find(users: UserPair) -> SelectStatement {
    Query::select()
        .column(Column::RoomId)
        .from(Entity)
        .and_where(Expr::col(Column::LowUserId).eq(users.low().uuid()))
        .and_where(Expr::col(Column::HighUserId).eq(users.high().uuid()))
        .take()
}

/// Those of these rooms that are direct, with their users.
///
/// Joins and no `EXISTS`: Postgres would read all blocks into a hash table.
pub fn find_many(room_ids: &[RoomId]) -> SelectStatement {
    let mut query = among(room_ids);
    query.columns([Column::RoomId, Column::LowUserId, Column::HighUserId].map(|column| (Entity, column)));
    let closing = [
        join_block(&mut query, "block_of_low", [Column::LowUserId, Column::HighUserId]),
        join_block(&mut query, "block_of_high", [Column::HighUserId, Column::LowUserId]),
        join_disabled(&mut query, "low", Column::LowUserId),
        join_disabled(&mut query, "high", Column::HighUserId),
    ];
    let is_closed = closing.into_iter().reduce(ExprTrait::or).unwrap_or_else(|| false.into());
    query.expr_as(is_closed, Alias::new(IS_CLOSED)).take()
}

/// The other one of the two users of each of these rooms that are direct rooms of the viewer's.
pub fn peers(viewer: UserId, room_ids: &[RoomId]) -> SelectStatement {
    let is_viewer = |column| Expr::col((Entity, column)).eq(viewer.uuid());
    // Nobody when the viewer is neither. Not a condition of its own: SQLite would rather read all of the viewer's rooms.
    let peer = Expr::case(is_viewer(Column::LowUserId), Expr::col((Entity, Column::HighUserId)))
        .case(is_viewer(Column::HighUserId), Expr::col((Entity, Column::LowUserId)));
    let is_peer = Expr::col((user::Entity, user::Column::Id)).eq(peer);
    let mut query = among(room_ids);
    query.column((Entity, Column::RoomId)).join(JoinType::InnerJoin, user::Entity, is_peer);
    select_summary(&mut query);
    query
}

/// The direct rooms of these users that have messages which were not delivered to the user.
pub fn undelivered(user_ids: &[UserId], limit: u64) -> SelectStatement {
    let user_ids = padded(user_ids.iter().map(|id| id.uuid()));
    let member = |column| (room_member::Entity, column);
    let room = |column| (room::Entity, column);
    let same_room = Expr::col(room(room::Column::Id)).eq(Expr::col(member(room_member::Column::RoomId)));
    Query::select()
        .columns([member(room_member::Column::UserId), member(room_member::Column::RoomId)])
        .from(room_member::Entity)
        .join(JoinType::LeftJoin, room::Entity, same_room)
        .and_where(Expr::col(member(room_member::Column::UserId)).is_in(user_ids))
        .and_where(Expr::col(member(room_member::Column::LeftAt)).is_null())
        .and_where(Expr::col(room(room::Column::Kind)).eq(RoomKind::Direct.as_str()))
        .and_where(Expr::col(room(room::Column::DeletedAt)).is_null())
        .and_where(
            Expr::col(room(room::Column::LastSeq)).gt(Expr::col(member(room_member::Column::DeliveredSeq))),
        )
        .limit(limit)
        .take()
}

fn among(room_ids: &[RoomId]) -> SelectStatement {
    let room_ids = padded(room_ids.iter().map(|id| id.uuid()));
    Query::select().from(Entity).and_where(Expr::col((Entity, Column::RoomId)).is_in(room_ids)).take()
}

/// Joins the block of one of a room's users by the other; that there is one.
fn join_block(
    query: &mut SelectStatement,
    name: &'static str,
    [blocker, blocked]: [Column; 2],
) -> SimpleExpr {
    let block = |column: block::Column| Expr::col((Alias::new(name), column));
    let same = block(block::Column::BlockerId)
        .eq(Expr::col((Entity, blocker)))
        .and(block(block::Column::BlockedId).eq(Expr::col((Entity, blocked))));
    query.join_as(JoinType::LeftJoin, block::Entity, Alias::new(name), same);
    block(block::Column::CreatedAt).is_not_null()
}

/// Joins one of a room's users; that they are disabled.
fn join_disabled(query: &mut SelectStatement, name: &'static str, id: Column) -> SimpleExpr {
    let user = |column: user::Column| Expr::col((Alias::new(name), column));
    let same = user(user::Column::Id).eq(Expr::col((Entity, id)));
    query.join_as(JoinType::LeftJoin, user::Entity, Alias::new(name), same);
    user(user::Column::DisabledAt).is_not_null()
}
