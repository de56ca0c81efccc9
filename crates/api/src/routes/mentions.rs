//! `/users/me/mentions`: where one is mentioned.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query};
use serde::Serialize;

use super::{MessageView, Tags};
use crate::{auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// Messages, the newest first.
#[derive(Object, Serialize)]
pub(crate) struct MentionList {
    /// The messages.
    items: Vec<MessageView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

pub(crate) struct MentionsApi;

#[OpenApi(tag = "Tags::Messages")]
impl MentionsApi {
    /// List where one is mentioned
    ///
    /// The messages that mention who asks by name (`@username`), in the rooms that they are in, the newest first.
    #[oai(path = "/users/me/mentions", method = "get", operation_id = "list_my_mentions")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<MentionList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.mentions.list(&actor, request).await?;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        let items = page.items.into_iter().map(|sent| MessageView::seen_by(sent, actor.id())).collect();
        Ok(Json(MentionList { items, next_cursor }))
    }
}
