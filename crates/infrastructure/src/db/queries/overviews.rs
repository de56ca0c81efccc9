//! Rooms as their members find them: the room, the membership, what mentions the member, and the newest message with
//! its sender, in one statement.

use plaza_domain::{Activity, MAX_COUNTED_MENTIONS, RoomId, UserId};
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement};
use sea_orm::{IdenStatic, Iterable};

use super::join_user;
use crate::db::entity::{mention, message, room, room_member};

/// What stands before the names of a room's columns.
pub(crate) const ROOM: &str = "room_";
/// What stands before the names of a membership's columns.
pub(crate) const MEMBER: &str = "member_";
/// What stands before the names of a message's columns.
pub(crate) const MESSAGE: &str = "message_";
/// What the count of unread mentions is called.
pub(crate) const MENTIONS: &str = "mentions";

/// Names the rooms of one page, and the columns that it has.
const PAGE: &str = "page";
const PAGE_ROOM: &str = "page_room_id";
const ACTIVE_AT: &str = "active_at";

/// A part of a user's rooms, those that were active last first. Every room of the user is looked at for that, by three
/// indexes; what is shown of a room is read for those of the page alone.
pub fn list(user_id: UserId, before: Option<Activity>, limit: u64) -> SelectStatement {
    let mut page = rooms_of(user_id);
    if let Some(Activity { at, room_id }) = before {
        let later = active_at().eq(at).and(Expr::col(member(room_member::Column::RoomId)).lt(room_id.uuid()));
        page.and_where(active_at().lt(at).or(later));
    }
    page.order_by_expr(active_at(), Order::Desc)
        .order_by(member(room_member::Column::RoomId), Order::Desc)
        .limit(limit);
    shown(user_id, page)
}

/// One of a user's rooms.
pub fn find(user_id: UserId, room_id: RoomId) -> SelectStatement {
    let room = Expr::col(member(room_member::Column::RoomId)).eq(room_id.uuid());
    let page = rooms_of(user_id).and_where(room).take();
    shown(user_id, page)
}

fn rooms_of(user_id: UserId) -> SelectStatement {
    let mut rooms = Query::select();
    rooms
        .expr_as(Expr::col(member(room_member::Column::RoomId)), PAGE_ROOM)
        .expr_as(active_at(), ACTIVE_AT)
        .from(room_member::Entity);
    join_room(&mut rooms, Expr::col(member(room_member::Column::RoomId)));
    join_newest(&mut rooms);
    rooms
        .and_where(Expr::col(member(room_member::Column::UserId)).eq(user_id.uuid()))
        .and_where(Expr::col(member(room_member::Column::LeftAt)).is_null())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .take()
}

fn shown(user_id: UserId, page: SelectStatement) -> SelectStatement {
    let page_room = || Expr::col((Alias::new(PAGE), Alias::new(PAGE_ROOM)));
    let mut query = Query::select();
    query.from_subquery(page, Alias::new(PAGE));
    let membership = Expr::col(member(room_member::Column::RoomId))
        .eq(page_room())
        .and(Expr::col(member(room_member::Column::UserId)).eq(user_id.uuid()));
    query.join(JoinType::LeftJoin, room_member::Entity, membership);
    join_room(&mut query, page_room());
    join_newest(&mut query);
    join_user(&mut query, (message::Entity, message::Column::SenderId));
    for column in room::Column::iter() {
        query.expr_as(Expr::col((room::Entity, column)), named(ROOM, column));
    }
    for column in room_member::Column::iter() {
        query.expr_as(Expr::col(member(column)), named(MEMBER, column));
    }
    for column in message::Column::iter() {
        query.expr_as(Expr::col((message::Entity, column)), named(MESSAGE, column));
    }
    query
        .expr_as(by_name(user_id).add(of_everybody(user_id)), MENTIONS)
        .order_by((Alias::new(PAGE), Alias::new(ACTIVE_AT)), Order::Desc)
        .order_by((Alias::new(PAGE), Alias::new(PAGE_ROOM)), Order::Desc)
        .take()
}

/// How many unread messages mention the user by name.
fn by_name(user_id: UserId) -> Expr {
    let mentions = Query::select()
        .column(mention::Column::MessageId)
        .from(mention::Entity)
        .and_where(Expr::col((mention::Entity, mention::Column::UserId)).eq(user_id.uuid()))
        .and_where(
            Expr::col((mention::Entity, mention::Column::RoomId)).equals(member(room_member::Column::RoomId)),
        )
        .and_where(
            Expr::col((mention::Entity, mention::Column::Seq))
                .gt(Expr::col(member(room_member::Column::ReadSeq))),
        )
        .limit(MAX_COUNTED_MENTIONS)
        .take();
    counted(mentions)
}

/// How many unread messages of others mention everybody in the room, but not the user by name as well.
fn of_everybody(user_id: UserId) -> Expr {
    let newer = Alias::new("newer");
    let column = |column: message::Column| (newer.clone(), column);
    let by_name = Query::select()
        .column(mention::Column::MessageId)
        .from(mention::Entity)
        .and_where(
            Expr::col((mention::Entity, mention::Column::MessageId)).equals(column(message::Column::Id)),
        )
        .and_where(Expr::col((mention::Entity, mention::Column::UserId)).eq(user_id.uuid()))
        .take();
    let messages = Query::select()
        .column(column(message::Column::Id))
        .from_as(message::Entity, newer.clone())
        .and_where(Expr::col(column(message::Column::RoomId)).equals(member(room_member::Column::RoomId)))
        .and_where(
            Expr::col(column(message::Column::Seq)).gt(Expr::col(member(room_member::Column::ReadSeq))),
        )
        // Word for word the condition of the partial index.
        .and_where(Expr::cust("newer.mentions_room"))
        .and_where(Expr::col(column(message::Column::SenderId)).ne(user_id.uuid()))
        .and_where(Expr::exists(by_name).not())
        .limit(MAX_COUNTED_MENTIONS)
        .take();
    counted(messages)
}

fn counted(rows: SelectStatement) -> Expr {
    let count = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(rows, Alias::new("counted"))
        .take();
    Expr::SubQuery(None, Box::new(count.into()))
}

fn join_room(query: &mut SelectStatement, room_id: Expr) {
    let same = Expr::col((room::Entity, room::Column::Id)).eq(room_id);
    query.join(JoinType::LeftJoin, room::Entity, same);
}

/// Joins the message in a room's last place.
fn join_newest(query: &mut SelectStatement) {
    let newest =
        Expr::col((message::Entity, message::Column::RoomId)).equals((room::Entity, room::Column::Id)).and(
            Expr::col((message::Entity, message::Column::Seq)).equals((room::Entity, room::Column::LastSeq)),
        );
    query.join(JoinType::LeftJoin, message::Entity, newest);
}

fn active_at() -> Expr {
    let posted = Expr::col((message::Entity, message::Column::CreatedAt));
    let made = Expr::col((room::Entity, room::Column::CreatedAt));
    Func::coalesce([posted, made]).into()
}

fn member(column: room_member::Column) -> (room_member::Entity, room_member::Column) {
    (room_member::Entity, column)
}

/// What a column is called whose table is one of several.
pub(super) fn named(prefix: &str, column: impl IdenStatic) -> String {
    format!("{prefix}{}", column.as_str())
}
