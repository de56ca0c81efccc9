//! `/users/me/storage`: what one's files take up.

use plaza_application::Storage;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::Tags;
use crate::{auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// What a user's files take up; only they see it.
#[derive(Object, Serialize)]
pub(crate) struct StorageView {
    /// All files together, in bytes. Derived images do not count.
    used_bytes: u64,
    /// How many files there are.
    files: u64,
    /// How many bytes they may take up; null when there is no limit.
    #[oai(nullable)]
    allowed_bytes: Option<u64>,
}

impl From<Storage> for StorageView {
    fn from(Storage { used, allowed }: Storage) -> Self {
        Self { used_bytes: used.bytes, files: used.files, allowed_bytes: allowed }
    }
}

pub(crate) struct StorageApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Files")]
impl StorageApi {
    /// Show what one's files take up
    ///
    /// Each counts with its full size until it is deleted.
    #[oai(path = "/me/storage", method = "get", operation_id = "get_storage")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<StorageView>, ApiError> {
        Ok(Json(state.services.files.storage(&actor).await?.into()))
    }
}
