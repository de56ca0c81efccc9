//! `/files/{file_id}/text`: what a document says.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::PlainText};
use uuid::Uuid;

use super::Tags;
use crate::{auth::Authenticated, problem::ApiError, state::AppState};

pub(crate) struct FileTextsApi;

#[OpenApi(prefix_path = "/files", tag = "Tags::Files")]
impl FileTextsApi {
    /// Read what a document says
    ///
    /// The words of a text, a PDF or an office document, without their looks; the first mebibyte of them. Once the file
    /// is completed; 404 when it has none.
    #[oai(path = "/:file_id/text", method = "get", operation_id = "get_file_text")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The file
        file_id: Path<Uuid>,
    ) -> Result<PlainText<String>, ApiError> {
        let text = state.services.files.text(&actor, file_id.0.into()).await?;
        Ok(PlainText(text.content))
    }
}
