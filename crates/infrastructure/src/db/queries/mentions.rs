//! Who is mentioned where.

use plaza_domain::{MessageId, RoomId, UserId, Username};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoColumnRef, JoinType, Order, Query, SelectStatement};

use super::{count, join_pairs, join_present, messages};
use crate::db::entity::mention::{Column, Entity};
use crate::db::entity::{message, room_member, user};

/// What [`callers`] calls the size of a room.
pub(crate) const COUNT: &str = "count";

/// Those who have one of these names and are in its room now; at least one name.
pub fn named(names: &[(RoomId, Username)]) -> SelectStatement {
    let names = names.iter().map(|(room, name)| (room.uuid(), name.as_str().to_owned()));
    let of_user = Expr::col((room_member::Entity, room_member::Column::UserId))
        .eq(Expr::col((user::Entity, user::Column::Id)));
    let mut query = Query::select();
    query.column((room_member::Entity, room_member::Column::RoomId)).from(user::Entity);
    for (name, column) in user::SUMMARY {
        query.expr_as(Expr::col((user::Entity, column)), name);
    }
    query.join(JoinType::InnerJoin, room_member::Entity, of_user);
    let room_id = (room_member::Entity, room_member::Column::RoomId).into_column_ref();
    let username = (user::Entity, user::Column::Username).into_column_ref();
    join_pairs(&mut query, [room_id, username], names);
    query
        .and_where(Expr::col((room_member::Entity, room_member::Column::LeftAt)).is_null())
        .and_where(Expr::col((user::Entity, user::Column::DisabledAt)).is_null())
        .take()
}

/// The members among these pairs with their roles, and how many members their rooms have, counted up to `most`; at
/// least one pair.
pub fn callers(pairs: &[(RoomId, UserId)], most: u64) -> SelectStatement {
    let pairs = pairs.iter().map(|(room, user)| (room.uuid(), user.uuid()));
    let (room_id, user_id) = (room_member::Column::RoomId, room_member::Column::UserId);
    let mut query = Query::select();
    query
        .columns([room_id, user_id, room_member::Column::Role].map(|column| (room_member::Entity, column)))
        .expr_as(members_of(Expr::col((room_member::Entity, room_id)), most), COUNT)
        .from(room_member::Entity);
    join_pairs(&mut query, [(room_member::Entity, room_id), (room_member::Entity, user_id)], pairs);
    query.and_where(Expr::col((room_member::Entity, room_member::Column::LeftAt)).is_null()).take()
}

/// The messages that mention a user by name, in rooms that they are in now, newest first. Which they are is found in
/// an index of the user's mentions, from its end.
pub fn list(user_id: UserId, before: Option<MessageId>, limit: u64) -> SelectStatement {
    let before = before.map(|id| Expr::col((Entity, Column::MessageId)).lt(id.uuid()));
    let mut ids = Query::select();
    ids.column((Entity, Column::MessageId)).from(Entity);
    join_present(&mut ids, (Entity, Column::RoomId), user_id);
    let ids = ids
        .and_where(Expr::col((Entity, Column::UserId)).eq(user_id.uuid()))
        .and_where_option(before)
        .order_by((Entity, Column::MessageId), Order::Desc)
        .limit(limit)
        .take();
    messages::views()
        .and_where(Expr::col((message::Entity, message::Column::Id)).in_subquery(ids))
        .order_by((message::Entity, message::Column::Id), Order::Desc)
        .take()
}

/// How many members a room has, counted up to `most`.
fn members_of(room_id: Expr, most: u64) -> Expr {
    let others = Alias::new("others");
    let other = |column| Expr::col((others.clone(), column));
    let present = Query::select()
        .column((others.clone(), room_member::Column::UserId))
        .from_as(room_member::Entity, others.clone())
        .and_where(other(room_member::Column::RoomId).eq(room_id))
        .and_where(other(room_member::Column::LeftAt).is_null())
        .limit(most)
        .take();
    count(present)
}
