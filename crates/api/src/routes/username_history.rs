//! `/users/me/username-history`: which handles one had.

use plaza_domain::UsernameChange;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query};
use serde::Serialize;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// That one's handle changed.
#[derive(Object, Serialize)]
pub(crate) struct UsernameChangeView {
    /// The handle until then.
    old_username: String,
    /// The handle from then on.
    new_username: String,
    /// When.
    changed_at: UtcTime,
}

impl From<UsernameChange> for UsernameChangeView {
    fn from(change: UsernameChange) -> Self {
        Self {
            old_username: change.old_username.into_string(),
            new_username: change.new_username.into_string(),
            changed_at: change.changed_at.into(),
        }
    }
}

/// A part of the list of one's handles.
#[derive(Object, Serialize)]
pub(crate) struct UsernameChangeList {
    /// The changes, newest first.
    items: Vec<UsernameChangeView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

pub(crate) struct UsernameHistoryApi;

#[OpenApi(prefix_path = "/users/me/username-history", tag = "Tags::Users")]
impl UsernameHistoryApi {
    /// List the handles one had
    ///
    /// Nobody else sees this list.
    #[oai(path = "/", method = "get", operation_id = "list_username_changes")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<UsernameChangeList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.users.username_history(&actor, request).await?;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        let items = page.items.into_iter().map(Into::into).collect();
        Ok(Json(UsernameChangeList { items, next_cursor }))
    }
}
