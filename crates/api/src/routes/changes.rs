//! `/rooms/{room_id}/changes`: what a client missed.

use plaza_application::DEFAULT_PAGE;
use plaza_domain::{Change, ChangePage, SeenRoom, UserId, Version};
use poem::web::Data;
use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::{MemberView, MessageView, RoomView, Tags};
use crate::{auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeType {
    /// A message was posted, edited or deleted.
    Message,
    /// A member joined, left, or got another role.
    Member,
    /// The room's name, description or privacy changed.
    Room,
}

/// One changed thing, as it is now; of `message`, `member` and `room` the one that `type` names is there.
#[derive(Object, Serialize)]
pub(crate) struct ChangeView {
    /// What changed.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    kind: ChangeType,
    /// Its last change.
    version: i64,
    /// The message; a tombstone when it was deleted.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView>,
    /// The member; `left_at` is set when they left.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberView>,
    /// The room.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomView>,
}

impl ChangeView {
    /// As `viewer` sees it.
    fn seen_by(change: Change, viewer: UserId) -> Self {
        let version = change.version().get();
        let (kind, message, member, room) = match change {
            Change::Message(sent) => {
                (ChangeType::Message, Some(MessageView::seen_by(*sent, viewer)), None, None)
            }
            Change::Member(profile) => (ChangeType::Member, None, Some((*profile).into()), None),
            Change::Room(changed) => (ChangeType::Room, None, None, Some(SeenRoom::from(*changed).into())),
        };
        Self { kind, version, message, member, room }
    }
}

/// A part of a room's change feed.
#[derive(Object, Serialize)]
pub(crate) struct ChangesView {
    /// The changes, by rising version.
    changes: Vec<ChangeView>,
    /// Where to go on from: everything up to here is told.
    version: i64,
    /// The place of the room's newest message.
    last_seq: i64,
    /// Whether there is more.
    has_more: bool,
    /// Whether the gap was too large to tell: `changes` then has the newest messages, and what was known before must
    /// be thrown away.
    reset: bool,
}

impl ChangesView {
    /// As `viewer` sees it.
    fn seen_by(page: ChangePage, viewer: UserId) -> Self {
        Self {
            changes: page.changes.into_iter().map(|change| ChangeView::seen_by(change, viewer)).collect(),
            version: page.version.get(),
            last_seq: page.last_seq.get(),
            has_more: page.has_more,
            reset: page.reset,
        }
    }
}

pub(crate) struct ChangesApi;

#[OpenApi(tag = "Tags::Messages")]
impl ChangesApi {
    /// Read what changed
    ///
    /// Everything in a room that changed after a version: each thing once, as it is now, in the order of changes. Go on
    /// with the answer's `version` while `has_more`.
    #[oai(path = "/rooms/:room_id/changes", method = "get", operation_id = "list_changes")]
    async fn changes(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        /// The version up to which everything is known; 0 for a room that is new to the client
        #[oai(validator(minimum(value = "0")))]
        since: Query<i64>,
        /// The most changes, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
    ) -> Result<Json<ChangesView>, ApiError> {
        let limit = limit.0.unwrap_or(DEFAULT_PAGE);
        let page =
            state.services.changes.page(&actor, room_id.0.into(), Version::new(since.0), limit).await?;
        Ok(Json(ChangesView::seen_by(page, actor.id())))
    }
}
