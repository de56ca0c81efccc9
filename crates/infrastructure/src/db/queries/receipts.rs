//! Who read what, and when.

use plaza_domain::{Message, RoomId, Seq, UserId};
use sea_orm::sea_query::{
    Alias, CaseStatement, DeleteStatement, Expr, ExprTrait, Func, Order, Query, SelectStatement,
};

use super::join_user;
use crate::db::entity::room_member::{Column, Entity};
use crate::db::entity::{read_mark, user};

/// What [`scope`] calls the number of members.
pub(crate) const MEMBERS: &str = "members";
/// What [`list`] calls the time.
pub(crate) const READ_AT: &str = "read_at";
/// What [`counts`] calls its answers.
pub(crate) const COUNTS: [&str; 4] = ["room", "members", "delivered", "read"];

/// Whether a user shows receipts, and how many are in a room; no more than `limit` of them are looked at.
pub fn scope(room_id: RoomId, user_id: UserId, limit: u64) -> SelectStatement {
    let members = Query::select()
        .column(Column::UserId)
        .from(Entity)
        .and_where(Expr::col(Column::RoomId).eq(room_id.uuid()))
        .and_where(Expr::col(Column::LeftAt).is_null())
        .limit(limit)
        .take();
    let count = Query::select()
        .expr(Expr::col(Column::UserId).count())
        .from_subquery(members, Alias::new("present"))
        .take();
    Query::select()
        .column(user::Column::ShowsReceipts)
        .expr_as(Expr::SubQuery(None, Box::new(count.into())), MEMBERS)
        .from(user::Entity)
        .and_where(Expr::col(user::Column::Id).eq(user_id.uuid()))
        .take()
}

/// Forgets the marks of a member up to a place.
pub fn delete_marks(room_id: RoomId, user_id: UserId, through: Seq) -> DeleteStatement {
    Query::delete()
        .from_table(read_mark::Entity)
        .and_where(Expr::col(read_mark::Column::RoomId).eq(room_id.uuid()))
        .and_where(Expr::col(read_mark::Column::UserId).eq(user_id.uuid()))
        .and_where(Expr::col(read_mark::Column::Seq).lte(through.get()))
        .take()
}

/// With how many of its room's members a message got how far. Looks at every member of the room, once.
pub fn counts(message: &Message) -> SelectStatement {
    let seq = message.seq.get();
    let shows = || Expr::col((user::Entity, user::Column::ShowsReceipts)).eq(true);
    let reached = |cursor| addressed(message).and(shows()).and(Expr::col((Entity, cursor)).gte(seq));
    let mut query = Query::select();
    query.from(Entity);
    join_user(&mut query, (Entity, Column::UserId));
    let [room, members, delivered, read] = COUNTS;
    query
        .clear_selects()
        .expr_as(Expr::col((Entity, Column::UserId)).count(), room)
        .expr_as(count_if(addressed(message)), members)
        .expr_as(count_if(reached(Column::DeliveredSeq)), delivered)
        .expr_as(count_if(reached(Column::ReadSeq)), read)
        .and_where(Expr::col((Entity, Column::RoomId)).eq(message.room_id.uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .take()
}

/// How far a message got with each of those whom it was for and who show it, by rising user id.
pub fn list(message: &Message, limit: u64) -> SelectStatement {
    let mut query = Query::select();
    query.columns([(Entity, Column::DeliveredSeq), (Entity, Column::ReadSeq)]).from(Entity);
    join_user(&mut query, (Entity, Column::UserId));
    query
        .expr_as(Expr::SubQuery(None, Box::new(read_at(message.seq).into())), READ_AT)
        .and_where(Expr::col((Entity, Column::RoomId)).eq(message.room_id.uuid()))
        .and_where(Expr::col((Entity, Column::LeftAt)).is_null())
        .and_where(addressed(message))
        .and_where(Expr::col((user::Entity, user::Column::ShowsReceipts)).eq(true))
        .order_by((Entity, Column::UserId), Order::Asc)
        .limit(limit)
        .take()
}

/// When a member's cursor passed a place. The first mark from there on tells, if it began before that place: else the
/// one that did is forgotten.
fn read_at(seq: Seq) -> SelectStatement {
    let column = |column: read_mark::Column| Expr::col((read_mark::Entity, column));
    let began_before = column(read_mark::Column::AfterSeq).lt(seq.get());
    Query::select()
        .expr(CaseStatement::new().case(began_before, column(read_mark::Column::ReadAt)))
        .from(read_mark::Entity)
        .and_where(column(read_mark::Column::RoomId).equals((Entity, Column::RoomId)))
        .and_where(column(read_mark::Column::UserId).equals((Entity, Column::UserId)))
        .and_where(column(read_mark::Column::Seq).gte(seq.get()))
        .order_by((read_mark::Entity, read_mark::Column::Seq), Order::Asc)
        .limit(1)
        .take()
}

/// A message is for those who were there when it was posted, but not for its sender.
fn addressed(message: &Message) -> Expr {
    Expr::col((Entity, Column::UserId))
        .ne(message.sender_id.uuid())
        .and(Expr::col((Entity, Column::JoinedVersion)).lte(message.created_version.get()))
}

fn count_if(condition: Expr) -> Expr {
    Func::count(CaseStatement::new().case(condition, 1)).into()
}
