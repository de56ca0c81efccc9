//! Messages with their senders.

use plaza_domain::repository::HistoryRange;
use plaza_domain::{ClientId, MessageId, RoomId, Seq, UserId, Version};
use sea_orm::Iterable;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use super::{COUNT, join_pairs, join_user, padded};
use crate::db::entity::message::{Column, Entity};
use crate::db::entity::{mention, reaction};

/// The message with that id.
pub fn find(id: MessageId) -> SelectStatement {
    views().and_where(Expr::col((Entity, Column::Id)).eq(id.uuid())).take()
}

/// These messages.
pub fn find_many(ids: &[MessageId]) -> SelectStatement {
    let ids = padded(ids.iter().map(|id| id.uuid()));
    views().and_where(Expr::col((Entity, Column::Id)).is_in(ids)).take()
}

/// The rooms of these messages.
pub fn rooms_of(ids: &[MessageId]) -> SelectStatement {
    let ids = padded(ids.iter().map(|id| id.uuid()));
    Query::select()
        .columns([Column::Id, Column::RoomId])
        .from(Entity)
        .and_where(Expr::col(Column::Id).is_in(ids))
        .take()
}

/// The messages that these senders sent under these names; at least one key.
pub fn find_by_client_ids(keys: &[(UserId, ClientId)]) -> SelectStatement {
    let pairs = keys.iter().map(|(sender, name)| (sender.uuid(), name.as_str().to_owned()));
    let mut query = views();
    join_pairs(&mut query, [(Entity, Column::SenderId), (Entity, Column::ClientId)], pairs);
    // The index has only these rows, and SQLite does not see that the pairs have no others.
    query.and_where(Expr::col((Entity, Column::ClientId)).is_not_null()).take()
}

/// A part of a room's history: newest first, but oldest first for [`HistoryRange::After`].
pub fn history(room_id: RoomId, range: HistoryRange, limit: u64) -> SelectStatement {
    part(in_room(room_id), range, limit)
}

/// A part of some messages: newest first, but oldest first for [`HistoryRange::After`].
pub(super) fn part(mut of: SelectStatement, range: HistoryRange, limit: u64) -> SelectStatement {
    let seq = || Expr::col((Entity, Column::Seq));
    let (bound, order) = match range {
        HistoryRange::Newest => (None, Order::Desc),
        HistoryRange::Before(place) => (Some(seq().lt(place.get())), Order::Desc),
        HistoryRange::After(place) => (Some(seq().gt(place.get())), Order::Asc),
    };
    of.and_where_option(bound).order_by((Entity, Column::Seq), order).limit(limit).take()
}

/// The messages of a room that changed after a version, by rising version.
pub fn changed_since(room_id: RoomId, since: Version, limit: u64) -> SelectStatement {
    in_room(room_id)
        .and_where(Expr::col((Entity, Column::Version)).gt(since.get()))
        .order_by((Entity, Column::Version), Order::Asc)
        .limit(limit)
        .take()
}

/// The version at which the message in a place was posted.
pub fn version_at(room_id: RoomId, seq: Seq) -> SelectStatement {
    Query::select()
        .column(Column::CreatedVersion)
        .from(Entity)
        .and_where(Expr::col(Column::RoomId).eq(room_id.uuid()))
        .and_where(Expr::col(Column::Seq).eq(seq.get()))
        .take()
}

/// The pinned messages of a room, the newest pin first.
pub fn pinned(room_id: RoomId, limit: u64) -> SelectStatement {
    in_room(room_id)
        .and_where(Expr::col((Entity, Column::PinnedAt)).is_not_null())
        .order_by((Entity, Column::PinnedAt), Order::Desc)
        .order_by((Entity, Column::Seq), Order::Desc)
        .limit(limit)
        .take()
}

/// How many messages of a room are pinned.
pub fn count_pinned(room_id: RoomId) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(Column::Id).count(), COUNT)
        .from(Entity)
        .and_where(Expr::col(Column::RoomId).eq(room_id.uuid()))
        .and_where(Expr::col(Column::PinnedAt).is_not_null())
        .take()
}

/// The reactions to these messages, in the order in which they were made.
pub fn reactions(ids: &[MessageId]) -> SelectStatement {
    let ids = padded(ids.iter().map(|id| id.uuid()));
    Query::select()
        .columns([reaction::Column::MessageId, reaction::Column::UserId, reaction::Column::Emoji])
        .from(reaction::Entity)
        .and_where(Expr::col(reaction::Column::MessageId).is_in(ids))
        .order_by(reaction::Column::CreatedAt, Order::Asc)
        .order_by(reaction::Column::UserId, Order::Asc)
        .order_by(reaction::Column::Emoji, Order::Asc)
        .take()
}

/// The users whom these messages mention by name, in the order of their ids.
pub fn mentions(ids: &[MessageId]) -> SelectStatement {
    let ids = padded(ids.iter().map(|id| id.uuid()));
    let mut query = Query::select();
    query.column((mention::Entity, mention::Column::MessageId)).from(mention::Entity);
    join_user(&mut query, (mention::Entity, mention::Column::UserId));
    query
        .and_where(Expr::col((mention::Entity, mention::Column::MessageId)).is_in(ids))
        .order_by((mention::Entity, mention::Column::UserId), Order::Asc)
        .take()
}

fn in_room(room_id: RoomId) -> SelectStatement {
    views().and_where(Expr::col((Entity, Column::RoomId)).eq(room_id.uuid())).take()
}

/// Messages with their senders.
pub(super) fn views() -> SelectStatement {
    let mut query = Query::select();
    query.columns(Column::iter().map(|column| (Entity, column))).from(Entity);
    join_user(&mut query, (Entity, Column::SenderId));
    query
}
