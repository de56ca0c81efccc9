//! Threads and who follows them.

use plaza_domain::repository::HistoryRange;
use plaza_domain::thread::MAX_UNREAD;
use plaza_domain::{Message, MessageId, RoomId, ThreadPosition, Timestamp, UserId};
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement,
    TableRef, UpdateStatement,
};
use uuid::Uuid;

use super::{count, join_present, messages, padded};
use crate::db::entity::message::{Column, Entity};
use crate::db::entity::thread_follower as follower;

/// What [`roots`] calls the message that was asked about.
pub(crate) const ASKED: &str = "asked_id";
/// What [`list_followed`] calls how far the user has read, and what is unread.
pub(crate) const READ_SEQ: &str = "read_seq";
pub(crate) const UNREAD: &str = "unread";

/// The threads that a user follows, and those of a page.
const FOLLOWED: &str = "followed";
const PAGE: &str = "page";
/// What both call the first message of a thread and when it was last replied to.
const MESSAGE_ID: &str = "message_id";
const LAST_REPLY_AT: &str = "last_reply_at";

/// The first message of the thread that each of these messages is in, or would begin.
pub fn roots(ids: &[MessageId]) -> SelectStatement {
    let asked = Alias::new("asked");
    let of_asked = |column| Expr::col((asked.clone(), column));
    let root = Func::coalesce([of_asked(Column::ParentId), of_asked(Column::Id)]);
    let ids = padded(ids.iter().map(|id| id.uuid()));
    let columns = [Column::Id, Column::RoomId, Column::Kind, Column::DeletedAt, Column::ReplyCount];
    Query::select()
        .expr_as(of_asked(Column::Id), ASKED)
        .columns(columns.map(|column| (Entity, column)))
        .from_as(Entity, asked.clone())
        .join(JoinType::InnerJoin, Entity, Expr::col((Entity, Column::Id)).eq(root))
        .and_where(of_asked(Column::Id).is_in(ids))
        .take()
}

/// Stores what replies change of the messages that they reply to; at least one.
pub fn update_counts(roots: &[Message]) -> UpdateStatement {
    let mut rows: Vec<(Uuid, i64, Option<Timestamp>, i64)> = roots
        .iter()
        .map(|root| (root.id.uuid(), root.reply_count, root.last_reply_at, root.version.get()))
        .collect();
    rows.resize(rows.len().next_power_of_two(), (Uuid::nil(), 0, None, 0));
    let counts = Alias::new("counts");
    let list = Query::select().column(Asterisk).from_values(rows, counts.clone()).take();
    let count = |column: &'static str| Expr::col((counts.clone(), Alias::new(column)));
    Query::update()
        .table(Entity)
        .value(Column::ReplyCount, count("column2"))
        .value(Column::LastReplyAt, count("column3"))
        .value(Column::Version, count("column4"))
        .from(TableRef::SubQuery(list.into(), counts.clone().into()))
        .and_where(Expr::col((Entity, Column::Id)).eq(count("column1")))
        .take()
}

/// When the newest reply that is not deleted was posted.
pub fn last_reply_at(id: MessageId) -> SelectStatement {
    Query::select()
        .column(Column::CreatedAt)
        .from(Entity)
        .and_where(Expr::col(Column::ParentId).eq(id.uuid()))
        .and_where(Expr::col(Column::DeletedAt).is_null())
        .order_by(Column::Seq, Order::Desc)
        .limit(1)
        .take()
}

/// A part of the replies to a message: newest first, but oldest first for [`HistoryRange::After`].
pub fn replies(id: MessageId, range: HistoryRange, limit: u64) -> SelectStatement {
    let of_thread = messages::views().and_where(Expr::col((Entity, Column::ParentId)).eq(id.uuid())).take();
    messages::part(of_thread, range, limit)
}

/// The threads with replies that a user follows, of rooms that they are in now: those with the latest reply first. All
/// that the user follows are looked at, and what is unread is counted for those of the page only.
pub fn list_followed(
    user_id: UserId,
    room_id: Option<RoomId>,
    after: Option<ThreadPosition>,
    limit: u64,
) -> SelectStatement {
    let of_page = |column| Expr::col((Alias::new(PAGE), column));
    let unread = unread(user_id, &of_page(follower::Column::MessageId), &of_page(follower::Column::ReadSeq));
    let same = Expr::col((Entity, Column::Id)).eq(of_page(follower::Column::MessageId));
    let page = page(user_id, room_id, after, limit);
    messages::views()
        .expr_as(of_page(follower::Column::ReadSeq), READ_SEQ)
        .expr_as(unread, UNREAD)
        .join_subquery(JoinType::InnerJoin, page, Alias::new(PAGE), same)
        .order_by((Entity, Column::LastReplyAt), Order::Desc)
        .order_by((Entity, Column::Id), Order::Desc)
        .take()
}

fn page(
    user_id: UserId,
    room_id: Option<RoomId>,
    after: Option<ThreadPosition>,
    limit: u64,
) -> SelectStatement {
    let of_followed = |column: &'static str| Expr::col((Alias::new(FOLLOWED), Alias::new(column)));
    let later = after.map(|place| {
        let at = of_followed(LAST_REPLY_AT).eq(place.last_reply_at);
        let same_time = at.and(of_followed(MESSAGE_ID).lt(place.message_id.uuid()));
        of_followed(LAST_REPLY_AT).lt(place.last_reply_at).or(same_time)
    });
    // Found first, and on its own: Postgres would rather begin with all messages that were replied to before that.
    let followed = CommonTableExpression::new()
        .table_name(Alias::new(FOLLOWED))
        .columns([MESSAGE_ID, READ_SEQ, LAST_REPLY_AT].map(Alias::new))
        .materialized(true)
        .query(followed(user_id, room_id))
        .to_owned();
    Query::select()
        .columns([MESSAGE_ID, READ_SEQ].map(|column| (Alias::new(FOLLOWED), Alias::new(column))))
        .from(Alias::new(FOLLOWED))
        .and_where(of_followed(LAST_REPLY_AT).is_not_null())
        .and_where_option(later)
        .order_by((Alias::new(FOLLOWED), Alias::new(LAST_REPLY_AT)), Order::Desc)
        .order_by((Alias::new(FOLLOWED), Alias::new(MESSAGE_ID)), Order::Desc)
        .limit(limit)
        .with_cte(followed)
        .take()
}

/// The threads that a user follows, of rooms that they are in now, and when each was last replied to.
fn followed(user_id: UserId, room_id: Option<RoomId>) -> SelectStatement {
    let followed = |column| Expr::col((follower::Entity, column));
    let root = Expr::col((Entity, Column::Id)).eq(followed(follower::Column::MessageId));
    let mut query = Query::select();
    query
        .columns([follower::Column::MessageId, follower::Column::ReadSeq].map(|it| (follower::Entity, it)))
        .column((Entity, Column::LastReplyAt))
        .from(follower::Entity)
        // A left join for the same reason as in `join_user`.
        .join(JoinType::LeftJoin, Entity, root);
    join_present(&mut query, (follower::Entity, follower::Column::RoomId), user_id);
    query
        .and_where(followed(follower::Column::UserId).eq(user_id.uuid()))
        // Word for word the condition of the partial index.
        .and_where(Expr::cust("is_following"))
        .and_where_option(room_id.map(|id| followed(follower::Column::RoomId).eq(id.uuid())))
        .take()
}

/// How many replies of others came after a place and were not deleted, up to [`MAX_UNREAD`].
fn unread(user_id: UserId, id: &Expr, after: &Expr) -> Expr {
    let replies = Alias::new("replies");
    let reply = |column| Expr::col((replies.clone(), column));
    let unread = Query::select()
        .expr(reply(Column::Id))
        .from_as(Entity, replies.clone())
        .and_where(reply(Column::ParentId).eq(id.clone()))
        .and_where(reply(Column::Seq).gt(after.clone()))
        .and_where(reply(Column::SenderId).ne(user_id.uuid()))
        .and_where(reply(Column::DeletedAt).is_null())
        .limit(MAX_UNREAD)
        .take();
    count(unread)
}
