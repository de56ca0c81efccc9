//! Who may see whether users are there, and when they were last seen.

use plaza_domain::{RoomId, Timestamp, UserId};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, IntoColumnRef, JoinType, Query, SelectStatement, SimpleExpr, UpdateStatement,
};
use uuid::Uuid;

use super::{friendships::is_friend_of, members, padded};
use crate::db::entity::{
    block, room,
    room_member::{Column, Entity},
    user,
};

/// What [`visible_to`] and [`seen_members`] call the time.
pub(crate) const LAST_SEEN_AT: &str = "last_seen_at";
/// What [`seen_members`] calls it when a block stands between a member and the viewer.
pub(crate) const IS_BLOCKED: &str = "is_blocked";

/// Those of the users who are in a room with the viewer now or are the viewer's friends, and the viewer, without those
/// between whom and the viewer a block stands; at least one user.
pub fn visible_to(viewer: UserId, user_ids: &[UserId]) -> SelectStatement {
    let (theirs, mine) = (Alias::new("theirs"), Alias::new("mine"));
    let same_room = Expr::col((mine.clone(), Column::RoomId)).eq(Expr::col((theirs.clone(), Column::RoomId)));
    let shared = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, theirs.clone())
        .join_as(JoinType::InnerJoin, Entity, mine.clone(), same_room)
        .join(JoinType::InnerJoin, room::Entity, is_room((theirs.clone(), Column::RoomId)))
        .and_where(
            Expr::col((theirs.clone(), Column::UserId)).eq(Expr::col((user::Entity, user::Column::Id))),
        )
        .and_where(Expr::col((theirs, Column::LeftAt)).is_null())
        .and_where(Expr::col((mine.clone(), Column::UserId)).eq(viewer.uuid()))
        .and_where(Expr::col((mine, Column::LeftAt)).is_null())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .take();
    let is_viewer = Expr::col((user::Entity, user::Column::Id)).eq(viewer.uuid());
    Query::select()
        .column((user::Entity, user::Column::Id))
        .expr_as(Expr::col((user::Entity, user::Column::LastSeenAt)), LAST_SEEN_AT)
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).is_in(keys(user_ids)))
        .and_where(is_viewer.or(is_friend_of(viewer)).or(Expr::exists(shared)))
        .and_where(is_blocked(viewer).not())
        .take()
}

/// Who is in a room now, by rising user id, and when they were last seen; nobody where there are more than `most`. That
/// is found out first, in an index: it depends on no row.
pub fn seen_members(room_id: RoomId, viewer: UserId, most: u64) -> SelectStatement {
    let counted = Alias::new("counted");
    let beyond = beyond(counted.clone(), most)
        .and_where(Expr::col((counted, Column::RoomId)).eq(room_id.uuid()))
        .take();
    members::list(room_id, None, most)
        .and_where(Expr::exists(beyond).not())
        .expr_as(is_blocked(viewer), IS_BLOCKED)
        .expr_as(Expr::col((user::Entity, user::Column::LastSeenAt)), LAST_SEEN_AT)
        .take()
}

/// In which rooms of at most so many members these users are now; at least one user. A room is counted once, however
/// many of the users are in it, and never further than needed.
pub fn small_rooms(user_ids: &[UserId], max_members: u64, limit: u64) -> SelectStatement {
    let (candidate, counted) = (Alias::new("candidate"), Alias::new("counted"));
    let is_one_of = || Expr::col((Entity, Column::UserId)).is_in(keys(user_ids));
    let is_there = || Expr::col((Entity, Column::LeftAt)).is_null();
    let candidates = Query::select()
        .distinct()
        .column((Entity, Column::RoomId))
        .from(Entity)
        .and_where(is_one_of())
        .and_where(is_there())
        .take();
    let in_same =
        Expr::col((counted.clone(), Column::RoomId)).eq(Expr::col((candidate.clone(), Column::RoomId)));
    let beyond = beyond(counted, max_members).and_where(in_same).take();
    let in_candidate = Expr::col((Entity, Column::RoomId)).eq(Expr::col((candidate.clone(), Column::RoomId)));
    Query::select()
        .columns([(Entity, Column::UserId), (Entity, Column::RoomId)])
        .from_subquery(candidates, candidate.clone())
        .join(JoinType::InnerJoin, Entity, in_candidate)
        .join(JoinType::InnerJoin, room::Entity, is_room((candidate, Column::RoomId)))
        .and_where(is_one_of())
        .and_where(is_there())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .and_where(Expr::exists(beyond).not())
        .limit(limit)
        .take()
}

/// Of the members of a room, which the caller names, the one who is one too many; called `counted`.
fn beyond(counted: Alias, most: u64) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, counted.clone())
        .and_where(Expr::col((counted, Column::LeftAt)).is_null())
        .limit(1)
        .offset(most)
        .take()
}

/// Notes that users were there, unless they are known to have been there later; at least one user.
pub fn saw(user_ids: &[UserId], at: Timestamp) -> UpdateStatement {
    let last_seen_at = || Expr::col(user::Column::LastSeenAt);
    Query::update()
        .table(user::Entity)
        .value(user::Column::LastSeenAt, at)
        .and_where(Expr::col(user::Column::Id).is_in(keys(user_ids)))
        .and_where(last_seen_at().is_null().or(last_seen_at().lt(at)))
        .take()
}

/// Whether the viewer has blocked the user of a row, or was blocked by them.
fn is_blocked(viewer: UserId) -> SimpleExpr {
    let exists = |by_viewer, by_user| {
        let block = Query::select()
            .expr(Expr::val(1))
            .from(block::Entity)
            .and_where(Expr::col((block::Entity, by_viewer)).eq(viewer.uuid()))
            .and_where(Expr::col((block::Entity, by_user)).eq(Expr::col((user::Entity, user::Column::Id))))
            .take();
        Expr::exists(block)
    };
    use block::Column::{BlockedId, BlockerId};
    exists(BlockerId, BlockedId).or(exists(BlockedId, BlockerId))
}

fn keys(user_ids: &[UserId]) -> Vec<Uuid> {
    padded(user_ids.iter().map(|id| id.uuid()))
}

fn is_room(column: impl IntoColumnRef) -> SimpleExpr {
    Expr::col((room::Entity, room::Column::Id)).eq(Expr::col(column))
}
