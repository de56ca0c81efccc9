//! `/threads` and the threads of messages: replies, who follows them, and what is unread.

use plaza_application::{DEFAULT_PAGE, ThreadPage};
use plaza_domain::{FollowedThread, Seq, UserId};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;
use uuid::Uuid;

use super::{MessageView, Tags, messages::history_range};
use crate::{
    auth::Authenticated,
    cursor,
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// A part of a thread.
#[derive(Object, Serialize)]
pub(crate) struct ThreadView {
    /// The first message.
    root: MessageView,
    /// Replies to it, by rising `seq`.
    items: Vec<MessageView>,
    /// Whether there are more replies in the direction that was asked for; without one, before these.
    has_more: bool,
    /// Whether who asks follows the thread.
    is_following: bool,
    /// How far who asks has read the thread; null when they never followed it.
    #[oai(nullable)]
    read_seq: Option<i64>,
}

impl ThreadView {
    /// As `viewer` sees it.
    fn seen_by(page: ThreadPage, viewer: UserId) -> Self {
        Self {
            root: MessageView::seen_by(page.root, viewer),
            items: page.replies.into_iter().map(|reply| MessageView::seen_by(reply, viewer)).collect(),
            has_more: page.has_more,
            is_following: page.follower.is_some_and(|follower| follower.is_following),
            read_seq: page.follower.map(|follower| follower.read_seq.get()),
        }
    }
}

/// A thread that who asks follows.
#[derive(Object, Serialize)]
pub(crate) struct FollowedThreadView {
    /// The first message.
    root: MessageView,
    /// How many replies of others came after `read_seq`; 1000 means that many or more.
    unread: i64,
    /// How far who asks has read it.
    read_seq: i64,
    /// True: only those are listed.
    is_following: bool,
}

impl FollowedThreadView {
    /// As `viewer` sees it.
    fn seen_by(thread: FollowedThread, viewer: UserId) -> Self {
        Self {
            root: MessageView::seen_by(thread.root, viewer),
            unread: thread.unread,
            read_seq: thread.read_seq.get(),
            is_following: true,
        }
    }
}

/// Threads, those with the latest reply first.
#[derive(Object, Serialize)]
pub(crate) struct ThreadList {
    /// The threads.
    items: Vec<FollowedThreadView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// How far a thread was read.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ReadThreadRequest {
    /// The `seq` of the newest reply that was read.
    seq: i64,
}

impl Example for ReadThreadRequest {
    fn example() -> Self {
        Self { seq: 17 }
    }
}

#[derive(ApiResponse)]
pub(crate) enum ThreadChanged {
    /// It is noted.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct ThreadsApi;

#[OpenApi(tag = "Tags::Threads")]
impl ThreadsApi {
    /// Read a thread
    ///
    /// The message and the replies to it. Without `before` or `after`, the newest replies. Of a reply, the thread that it
    /// is in. Tombstones are shown in their place.
    #[oai(path = "/messages/:message_id/thread", method = "get", operation_id = "get_thread")]
    async fn read(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        /// Replies before this `seq`
        #[oai(validator(minimum(value = "1")))]
        before: Query<Option<i64>>,
        /// Replies after this `seq`; not together with `before`
        #[oai(validator(minimum(value = "0")))]
        after: Query<Option<i64>>,
        /// The most replies, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
    ) -> Result<Json<ThreadView>, ApiError> {
        let range = history_range(before.0, after.0)?;
        let limit = limit.0.unwrap_or(DEFAULT_PAGE);
        let page = state.services.threads.read(&actor, message_id.0.into(), range, limit).await?;
        Ok(Json(ThreadView::seen_by(page, actor.id())))
    }

    /// Follow a thread
    ///
    /// The first message's author, everybody who replies and everybody who is mentioned in a thread follow it by
    /// themselves. Following twice changes nothing more.
    #[oai(path = "/messages/:message_id/follow", method = "put", operation_id = "follow_thread")]
    async fn follow(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message, or a reply to it
        message_id: Path<Uuid>,
    ) -> Result<ThreadChanged, ApiError> {
        state.services.threads.follow(&actor, message_id.0.into(), true).await?;
        Ok(ThreadChanged::Done)
    }

    /// Stop following a thread
    ///
    /// From then on replying and being mentioned do not make who asks follow it.
    #[oai(path = "/messages/:message_id/follow", method = "delete", operation_id = "unfollow_thread")]
    async fn unfollow(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message, or a reply to it
        message_id: Path<Uuid>,
    ) -> Result<ThreadChanged, ApiError> {
        state.services.threads.follow(&actor, message_id.0.into(), false).await?;
        Ok(ThreadChanged::Done)
    }

    /// Mark a thread as read
    ///
    /// Up to a `seq`; going back changes nothing, nor does it for who never followed the thread.
    #[oai(path = "/messages/:message_id/thread/read", method = "put", operation_id = "read_thread")]
    async fn mark(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message, or a reply to it
        message_id: Path<Uuid>,
        body: JsonBody<ReadThreadRequest>,
    ) -> Result<ThreadChanged, ApiError> {
        state.services.threads.mark(&actor, message_id.0.into(), Seq::new(body.0.seq)).await?;
        Ok(ThreadChanged::Done)
    }

    /// List the threads that one follows
    ///
    /// Those that have replies, in the rooms that one is in, those with the latest reply first.
    #[oai(path = "/threads", method = "get", operation_id = "list_threads")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Only those of this room
        room_id: Query<Option<Uuid>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<ThreadList>, ApiError> {
        let request = cursor::timed_page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.threads.list(&actor, room_id.0.map(Into::into), request).await?;
        let next_cursor =
            page.next.map(|place| cursor::encode_timed(place.last_reply_at, place.message_id.uuid()));
        let items = page.items.into_iter().map(|thread| FollowedThreadView::seen_by(thread, actor.id()));
        Ok(Json(ThreadList { items: items.collect(), next_cursor }))
    }
}
