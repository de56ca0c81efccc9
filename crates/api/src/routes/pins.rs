//! `/messages/{message_id}/pin` and `/rooms/{room_id}/pins`: what everybody in a room should see.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Serialize;
use uuid::Uuid;

use super::{MessageView, Tags};
use crate::{auth::Authenticated, json::Json, problem::ApiError, rate_limit::allow, state::AppState};

/// The pinned messages of a room.
#[derive(Object, Serialize)]
pub(crate) struct PinsView {
    /// All of them, the newest pin first; there are at most 50.
    items: Vec<MessageView>,
}

pub(crate) struct PinsApi;

#[OpenApi(tag = "Tags::Messages")]
impl PinsApi {
    /// Pin a message
    ///
    /// For the room's admins and owners; in direct rooms for both users. A room has at most 50 pinned messages.
    #[oai(path = "/messages/:message_id/pin", method = "put", operation_id = "pin_message")]
    async fn pin(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
    ) -> Result<Json<MessageView>, ApiError> {
        allow(state, state.services.limits.edit_of(actor.id(), message_id.0.into()).await?).await?;
        let sent = state.services.pins.pin(&actor, message_id.0.into()).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }

    /// Unpin a message
    ///
    /// For those who may pin it. A message that is not pinned stays as it is.
    #[oai(path = "/messages/:message_id/pin", method = "delete", operation_id = "unpin_message")]
    async fn unpin(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
    ) -> Result<Json<MessageView>, ApiError> {
        allow(state, state.services.limits.edit_of(actor.id(), message_id.0.into()).await?).await?;
        let sent = state.services.pins.unpin(&actor, message_id.0.into()).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }

    /// List pinned messages
    ///
    /// For members of the room.
    #[oai(path = "/rooms/:room_id/pins", method = "get", operation_id = "list_pins")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<Json<PinsView>, ApiError> {
        let pinned = state.services.pins.list(&actor, room_id.0.into()).await?;
        let items = pinned.into_iter().map(|sent| MessageView::seen_by(sent, actor.id())).collect();
        Ok(Json(PinsView { items }))
    }
}
