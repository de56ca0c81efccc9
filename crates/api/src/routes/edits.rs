//! `/messages/{message_id}/history`: what a message said before.

use plaza_domain::{MessageEdit, Version};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// What a message said before an edit.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct EditView {
    /// The version of the message that said so last.
    version: i64,
    /// Markdown as its author wrote it.
    content: String,
    /// Until when it said so.
    replaced_at: UtcTime,
}

impl From<MessageEdit> for EditView {
    fn from(edit: MessageEdit) -> Self {
        Self {
            version: edit.version.get(),
            content: edit.content.into_string(),
            replaced_at: edit.replaced_at.into(),
        }
    }
}

/// A part of what a message said before its edits.
#[derive(Object, Serialize)]
pub(crate) struct EditList {
    /// What it said, the newest first.
    items: Vec<EditView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

pub(crate) struct EditsApi;

#[OpenApi(prefix_path = "/messages", tag = "Tags::Messages")]
impl EditsApi {
    /// Read what a message said before
    ///
    /// For its author and the room's admins. The last 100 edits are remembered; of a message that was deleted there is
    /// nothing.
    #[oai(path = "/:message_id/history", method = "get", operation_id = "list_edits")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<EditList>, ApiError> {
        let request = cursor::page_by(cursor.0.as_deref(), limit.0, parse_key)?;
        let page = state.services.messages.edits(&actor, message_id.0.into(), request).await?;
        let next_cursor = page.next.map(|version| cursor::encode_key(&version.get().to_be_bytes()));
        Ok(Json(EditList { items: page.items.into_iter().map(EditView::from).collect(), next_cursor }))
    }
}

/// Reads what a cursor holds: a version.
fn parse_key(key: &[u8]) -> Option<Version> {
    key.try_into().ok().map(|bytes| Version::new(i64::from_be_bytes(bytes)))
}
