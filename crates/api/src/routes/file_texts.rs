//! `/files/{file_id}/text`: what a document says.

use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, param::Path, payload::PlainText};
use uuid::Uuid;

use super::Tags;
use crate::{auth::Authenticated, problem::ApiError, state::AppState};

#[derive(ApiResponse)]
pub(crate) enum FileWords {
    /// The words.
    #[oai(status = 200)]
    Found(
        PlainText<String>,
        /// Whether the document has more words than these
        #[oai(header = "Plaza-Truncated")]
        bool,
    ),
}

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
    ) -> Result<FileWords, ApiError> {
        let text = state.services.files.text(&actor, file_id.0.into()).await?;
        Ok(FileWords::Found(PlainText(text.content), text.is_truncated))
    }
}
