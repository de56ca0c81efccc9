//! What there is about a user.

use plaza_domain::repository::Stretch;
use plaza_domain::{FilePurpose, RoomId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm::{EntityTrait, Iterable, QueryOrder, QueryTrait};

use crate::db::entity::{file, message, reaction, room, room_member};

/// The rooms that a user is or was in, with the membership, in columns named as SeaORM names those of two entities.
pub fn rooms(user_id: UserId, after: Option<RoomId>, limit: u64) -> SelectStatement {
    let member = |column| Expr::col((room_member::Entity, column));
    let same = Expr::col((room::Entity, room::Column::Id)).eq(member(room_member::Column::RoomId));
    let mut query = Query::select();
    for column in room::Column::iter() {
        query.expr_as(
            Expr::col((room::Entity, column)),
            format!("{ROOM}{}", sea_orm::IdenStatic::as_str(&column)),
        );
    }
    query
        .columns(room_member::Column::iter().map(|column| (room_member::Entity, column)))
        .from(room_member::Entity)
        .join(JoinType::InnerJoin, room::Entity, same)
        .and_where(member(room_member::Column::UserId).eq(user_id.uuid()))
        .and_where_option(after.map(|id| member(room_member::Column::RoomId).gt(id.uuid())))
        .order_by((room_member::Entity, room_member::Column::RoomId), Order::Asc)
        .limit(limit)
        .take()
}

/// How the columns of the room begin in [`rooms`].
pub(crate) const ROOM: &str = "room_";

/// What a user wrote in a part of a room's history.
pub fn messages(user_id: UserId, stretch: Stretch) -> SelectStatement {
    let column = |column| Expr::col((message::Entity, column));
    message::Entity::find()
        .order_by_asc(message::Column::Seq)
        .into_query()
        .and_where(column(message::Column::RoomId).eq(stretch.room_id.uuid()))
        .and_where(column(message::Column::Seq).gt(stretch.after.get()))
        .and_where(column(message::Column::Seq).lte(stretch.through.get()))
        .and_where(column(message::Column::SenderId).eq(user_id.uuid()))
        .take()
}

/// How a user reacted in a part of a room's history.
pub fn reactions(user_id: UserId, stretch: Stretch) -> SelectStatement {
    let of = |column| Expr::col((message::Entity, column));
    let same = Expr::col((reaction::Entity, reaction::Column::MessageId)).eq(of(message::Column::Id));
    Query::select()
        .columns(
            [reaction::Column::MessageId, reaction::Column::Emoji, reaction::Column::CreatedAt]
                .map(|column| (reaction::Entity, column)),
        )
        .from(message::Entity)
        .join(JoinType::InnerJoin, reaction::Entity, same)
        .and_where(of(message::Column::RoomId).eq(stretch.room_id.uuid()))
        .and_where(of(message::Column::Seq).gt(stretch.after.get()))
        .and_where(of(message::Column::Seq).lte(stretch.through.get()))
        .and_where(Expr::col((reaction::Entity, reaction::Column::UserId)).eq(user_id.uuid()))
        .order_by((message::Entity, message::Column::Seq), Order::Asc)
        .order_by((reaction::Entity, reaction::Column::Emoji), Order::Asc)
        .take()
}

/// The archives of a user.
pub fn archives_of(user_id: UserId) -> SelectStatement {
    kept_archives().and_where(Expr::col(file::Column::OwnerId).eq(user_id.uuid())).take()
}

/// Archives that were made before a time, the oldest first.
pub fn archives(before: Timestamp, limit: u64) -> SelectStatement {
    kept_archives()
        .and_where(Expr::col(file::Column::CreatedAt).lt(before))
        .order_by(file::Column::CreatedAt, Order::Asc)
        .limit(limit)
        .take()
}

fn kept_archives() -> SelectStatement {
    // Written out, as in the index.
    let is_archive = Expr::cust(format!("purpose = '{}'", FilePurpose::Export.as_str()));
    Query::select()
        .column(file::Column::Id)
        .from(file::Entity)
        .and_where(is_archive)
        .and_where(Expr::col(file::Column::DeletedAt).is_null())
        .take()
}
