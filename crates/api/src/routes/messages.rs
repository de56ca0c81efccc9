//! `/rooms/{room_id}/messages` and `/messages`: what is said.

use plaza_application::{DEFAULT_PAGE, MessageInput};
use plaza_domain::{Seq, repository::HistoryRange};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;
use uuid::Uuid;

use super::{MessageView, Tags, message_view::MessageType};
use crate::{
    auth::Authenticated,
    json::{Json, JsonBody, Text},
    problem::{ApiError, FieldErrorView},
    rate_limit::allow,
    state::AppState,
};

/// A part of a room's history.
#[derive(Object, Serialize)]
pub(crate) struct HistoryView {
    /// The messages, by rising `seq`.
    items: Vec<MessageView>,
    /// Whether there is more in the direction that was asked for; without one, before these.
    has_more: bool,
}

/// What posting takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct PostMessageRequest {
    /// Markdown, at most 4000 characters; pictures and files may go without.
    #[oai(nullable, skip_serializing_if_is_none)]
    content: Option<Text<0, 4000>>,
    /// `text` when it is left out; `system` cannot be posted.
    #[oai(nullable, skip_serializing_if_is_none)]
    message_type: Option<MessageType>,
    /// One's own upload, for pictures and files.
    #[oai(nullable, skip_serializing_if_is_none)]
    file_id: Option<Uuid>,
    /// The same by its short form, `/media/…`, for pictures.
    #[oai(nullable, skip_serializing_if_is_none)]
    image_url: Option<Text<0, 255>>,
    /// The message that it replies to; a reply to a reply goes to the thread's first message.
    #[oai(nullable, skip_serializing_if_is_none)]
    parent_id: Option<Uuid>,
    /// A name for this send, 1 to 64 printable ASCII characters: sending it again gives the same message back.
    #[oai(nullable, skip_serializing_if_is_none)]
    client_id: Option<Text<1, 64>>,
}

impl Example for PostMessageRequest {
    fn example() -> Self {
        Self {
            content: Some("Hello **everybody**".into()),
            message_type: None,
            file_id: None,
            image_url: None,
            parent_id: None,
            client_id: Some("5f0c3c1e-1".into()),
        }
    }
}

/// What editing takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct EditMessageRequest {
    /// Markdown, 1 to 4000 characters.
    content: Text<1, 4000>,
}

impl Example for EditMessageRequest {
    fn example() -> Self {
        Self { content: "Hello *all*".into() }
    }
}

#[derive(ApiResponse)]
pub(crate) enum MessagePosted {
    /// The message is durable.
    #[oai(status = 201)]
    Created(
        Json<MessageView>,
        /// Where the message is
        #[oai(header = "Location")]
        String,
    ),
    /// The message was posted before under this `client_id`: this is the original.
    #[oai(status = 200)]
    Repeated(Json<MessageView>),
}

#[derive(ApiResponse)]
pub(crate) enum MessageDeleted {
    /// The message is a tombstone.
    #[oai(status = 204)]
    Done,
}

/// Which messages `before` and `after` ask for.
pub(super) fn history_range(before: Option<i64>, after: Option<i64>) -> Result<HistoryRange, ApiError> {
    match (before, after) {
        (None, None) => Ok(HistoryRange::Newest),
        (Some(seq), None) => Ok(HistoryRange::Before(Seq::new(seq))),
        (None, Some(seq)) => Ok(HistoryRange::After(Seq::new(seq))),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid(vec![FieldErrorView::new("after", "must not come with before")]))
        }
    }
}

pub(crate) struct MessagesApi;

#[OpenApi(tag = "Tags::Messages")]
impl MessagesApi {
    /// Read the history
    ///
    /// Without `before` or `after`, the newest messages. Tombstones are shown in their place.
    #[oai(path = "/rooms/:room_id/messages", method = "get", operation_id = "list_messages")]
    async fn history(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        /// Messages before this `seq`
        #[oai(validator(minimum(value = "1")))]
        before: Query<Option<i64>>,
        /// Messages after this `seq`; not together with `before`
        #[oai(validator(minimum(value = "0")))]
        after: Query<Option<i64>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
    ) -> Result<Json<HistoryView>, ApiError> {
        let range = history_range(before.0, after.0)?;
        let limit = limit.0.unwrap_or(DEFAULT_PAGE);
        let (messages, has_more) =
            state.services.messages.history(&actor, room_id.0.into(), range, limit).await?;
        let items = messages.into_iter().map(|sent| MessageView::seen_by(sent, actor.id())).collect();
        Ok(Json(HistoryView { items, has_more }))
    }

    /// Post a message
    ///
    /// Answers once the message is durable. With a `client_id` a send can be repeated safely: the answer is then the
    /// original, with status 200.
    #[oai(path = "/rooms/:room_id/messages", method = "post", operation_id = "post_message")]
    async fn post(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        body: JsonBody<PostMessageRequest>,
    ) -> Result<MessagePosted, ApiError> {
        let what = state.services.limits.message_in(actor.id(), room_id.0.into()).await?;
        allow(state, what).await?;
        let body = body.0;
        let input = MessageInput {
            kind: body.message_type.unwrap_or(MessageType::Text).into(),
            content: body.content.map(Into::into).unwrap_or_default(),
            file_id: body.file_id.map(Into::into),
            image_url: body.image_url.map(Into::into),
            parent_id: body.parent_id.map(Into::into),
            client_id: body.client_id.map(Into::into),
        };
        let posted = state.services.messages.post(&actor, room_id.0.into(), input).await?;
        let location = format!("/api/v1/messages/{}", posted.view.message.id);
        let view = Json(MessageView::seen_by(posted.view, actor.id()));
        Ok(if posted.duplicate {
            MessagePosted::Repeated(view)
        } else {
            MessagePosted::Created(view, location)
        })
    }

    /// Show a message
    ///
    /// For members of its room.
    #[oai(path = "/messages/:message_id", method = "get", operation_id = "get_message")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
    ) -> Result<Json<MessageView>, ApiError> {
        let sent = state.services.messages.get(&actor, message_id.0.into()).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }

    /// Edit a message
    ///
    /// For its author. What it said before is kept.
    #[oai(path = "/messages/:message_id", method = "patch", operation_id = "edit_message")]
    async fn edit(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        body: JsonBody<EditMessageRequest>,
    ) -> Result<Json<MessageView>, ApiError> {
        let what = state.services.limits.edit_of(actor.id(), message_id.0.into()).await?;
        allow(state, what).await?;
        let content = body.0.content.as_str();
        let sent = state.services.messages.edit(&actor, message_id.0.into(), content).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }

    /// Delete a message
    ///
    /// For its author and the room's admins. It keeps its place as a tombstone.
    #[oai(path = "/messages/:message_id", method = "delete", operation_id = "delete_message")]
    async fn delete(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
    ) -> Result<MessageDeleted, ApiError> {
        state.services.messages.delete(&actor, message_id.0.into()).await?;
        Ok(MessageDeleted::Done)
    }
}
