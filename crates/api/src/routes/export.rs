//! `/users/me/export`: an archive of everything about oneself.

use plaza_application::{EXPORT_KEPT, Export};
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, tasks::TaskStateName};
use crate::{UtcTime, auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// An archive of everything about a user, or the work on it.
#[derive(Object, Serialize)]
pub(crate) struct ExportView {
    /// The task that makes it.
    task_id: Uuid,
    /// Where to ask how far it is.
    task_url: String,
    /// Where the task is in its life.
    state: TaskStateName,
    /// How much of it is done, in percent; null until it has begun.
    #[oai(nullable)]
    progress: Option<u8>,
    /// When it was asked for.
    requested_at: UtcTime,
    /// The archive's file, which nobody else is shown; null while it is not there.
    #[oai(nullable)]
    file_id: Option<Uuid>,
    /// Where the archive is, a ZIP; null while it is not there.
    #[oai(nullable)]
    content_url: Option<String>,
    /// Until when it is kept; null while it is not there.
    #[oai(nullable)]
    expires_at: Option<UtcTime>,
}

impl From<Export> for ExportView {
    fn from(Export { task, file }: Export) -> Self {
        let file = file.as_ref();
        Self {
            task_id: task.id.uuid(),
            task_url: format!("/api/v1/tasks/{}", task.id),
            state: task.state.into(),
            progress: task.progress,
            requested_at: task.created_at.into(),
            file_id: file.map(|file| file.id.uuid()),
            content_url: file.map(|file| format!("/api/v1/files/{}/content", file.id)),
            expires_at: file.map(|file| (file.created_at + EXPORT_KEPT).into()),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum ExportRequested {
    /// It is being made.
    #[oai(status = 202)]
    Accepted(Json<ExportView>),
}

pub(crate) struct ExportApi;

#[OpenApi(prefix_path = "/users/me/export", tag = "Tags::Users")]
impl ExportApi {
    /// Ask for an archive of everything about oneself
    ///
    /// A worker makes it: the account, how one logs in, sessions that are not over, friends and blocks, rooms, what one
    /// wrote with what it said before edits, reactions, mentions, threads that one follows, what the audit log tells, and
    /// one's uploads. Not in it are when one read what, until when one has muted rooms, and when one was last seen. While
    /// one is being made, that one is answered with; after that, one a day. It is kept for 7 days.
    #[oai(path = "/", method = "post", operation_id = "request_export")]
    async fn request(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<ExportRequested, ApiError> {
        Ok(ExportRequested::Accepted(Json(state.services.exports.request(&actor).await?.into())))
    }

    /// Show one's newest archive
    ///
    /// Or how far the work on it is.
    #[oai(path = "/", method = "get", operation_id = "get_export")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<ExportView>, ApiError> {
        Ok(Json(state.services.exports.latest(&actor).await?.into()))
    }
}
