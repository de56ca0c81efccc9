//! Memberships.

use plaza_domain::{MemberRole, RoomId, UserId, UserPair, Version};
use sea_orm::Iterable;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Order, Query, SelectStatement};

use super::{COUNT, join_keyed, join_pairs, join_user, rooms};
use crate::db::entity::room_member::{Column, Entity};
use crate::db::entity::{message, room, user};

/// The epoch of a sender's room.
pub(crate) const EPOCH: &str = "epoch";

/// The membership of a user in a room, with the user.
pub fn find_profile(room_id: RoomId, user_id: UserId) -> SelectStatement {
    in_room(room_id).and_where(Expr::col((Entity, Column::UserId)).eq(user_id.uuid())).take()
}

/// Who is in a room now, by rising user id.
pub fn list(room_id: RoomId, after: Option<UserId>, limit: u64) -> SelectStatement {
    let after = after.map(|user_id| Expr::col((Entity, Column::UserId)).gt(user_id.uuid()));
    in_room(room_id)
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .and_where_option(after)
        .order_by((Entity, Column::UserId), Order::Asc)
        .limit(limit)
        .take()
}

/// The memberships of a room that changed after a version, by rising version.
pub fn changed_since(room_id: RoomId, since: Version, limit: u64) -> SelectStatement {
    in_room(room_id)
        .and_where(Expr::col((Entity, Column::Version)).gt(since.get()))
        .order_by((Entity, Column::Version), Order::Asc)
        .limit(limit)
        .take()
}

/// How many owners a room has now.
pub fn count_owners(room_id: RoomId) -> SelectStatement {
    // A constant, not a parameter: the partial index is chosen by it.
    let owner = Expr::Constant(MemberRole::Owner.as_str().into());
    Query::select()
        .expr_as(Expr::col(Column::UserId).count(), COUNT)
        .from(Entity)
        .and_where(Expr::col(Column::RoomId).eq(room_id.uuid()))
        .and_where(Expr::col(Column::Role).eq(owner))
        .and_where(Expr::col(Column::LeftAt).is_null())
        .take()
}

/// Who of these may post in which room; at least one pair.
pub fn senders(pairs: &[(RoomId, UserId)]) -> SelectStatement {
    let pairs = pairs.iter().map(|(room, user)| (room.uuid(), user.uuid()));
    let mut query = Query::select();
    query.column((Entity, Column::RoomId)).column((room::Entity, room::Column::Kind)).from(Entity);
    join_pairs(&mut query, [(Entity, Column::RoomId), (Entity, Column::UserId)], pairs);
    query.expr_as(rooms::epoch(), EPOCH);
    join_user(&mut query, (Entity, Column::UserId));
    join_room(&mut query);
    query
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .and_where(Expr::col((user::Entity, user::Column::DisabledAt)).is_null())
        .take()
}

/// A room that both are in now, if there is one.
pub fn share_room(users: UserPair) -> SelectStatement {
    let other = || Alias::new("other");
    let same_room = Expr::col((other(), Column::RoomId)).eq(Expr::col((Entity, Column::RoomId)));
    let is_other = Expr::col((other(), Column::UserId)).eq(users.high().uuid());
    let mut query = Query::select();
    query.column((Entity, Column::RoomId)).from(Entity).join_as(
        JoinType::InnerJoin,
        Entity,
        other(),
        same_room.and(is_other),
    );
    join_room(&mut query);
    query
        .and_where(Expr::col((Entity, Column::UserId)).eq(users.low().uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .and_where(Expr::col((other(), Column::LeftAt)).is_null())
        .limit(1)
        .take()
}

/// For each of these rooms that a user is in now: what is delivered, and the place of the last message that was posted
/// at or before a version, as `seq`; at least one room, each once. Goes down from the highest place that it can have,
/// as every message is also a change; asked for recent versions, it has not far to go.
pub fn places_at(user_id: UserId, seen: &[(RoomId, Version)]) -> SelectStatement {
    let pairs = seen.iter().map(|(room, version)| (room.uuid(), version.get()));
    let mut query = Query::select();
    let version = join_keyed(&mut query, (Entity, Column::RoomId), pairs);
    let posted = |column| Expr::col((message::Entity, column));
    let place = Query::select()
        .expr(posted(message::Column::Seq))
        .from(message::Entity)
        .and_where(posted(message::Column::RoomId).eq(Expr::col((Entity, Column::RoomId))))
        .and_where(posted(message::Column::Seq).lte(version.clone()))
        .and_where(posted(message::Column::CreatedVersion).lte(version))
        .order_by((message::Entity, message::Column::Seq), Order::Desc)
        .limit(1)
        .take();
    query
        .columns([(Entity, Column::RoomId), (Entity, Column::DeliveredSeq)])
        .expr_as(Expr::from(place), message::Column::Seq)
        .from(Entity)
        .and_where(Expr::col((Entity, Column::UserId)).eq(user_id.uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .take()
}

/// The rooms that a user is in now, newest first.
pub fn rooms_of(user_id: UserId, limit: u64) -> SelectStatement {
    let mut query = Query::select();
    query.column((Entity, Column::RoomId)).from(Entity);
    join_room(&mut query);
    query
        .and_where(Expr::col((Entity, Column::UserId)).eq(user_id.uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .order_by((Entity, Column::RoomId), Order::Desc)
        .limit(limit)
        .take()
}

fn in_room(room_id: RoomId) -> SelectStatement {
    let mut query = Query::select();
    query.columns(Column::iter().map(|column| (Entity, column))).from(Entity);
    join_user(&mut query, (Entity, Column::UserId));
    query
        .column((user::Entity, user::Column::ShowsReceipts))
        .and_where(Expr::col((Entity, Column::RoomId)).eq(room_id.uuid()))
        .take()
}

/// Keeps memberships of rooms that are there. A left join for the same reason as in [`join_user`].
fn join_room(query: &mut SelectStatement) {
    let same = Expr::col((room::Entity, room::Column::Id)).eq(Expr::col((Entity, Column::RoomId)));
    query
        .join(JoinType::LeftJoin, room::Entity, same)
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null());
}
