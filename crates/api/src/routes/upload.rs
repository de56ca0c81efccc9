//! A multipart form with one file (RFC 7578), as a stream: nothing of it is kept in memory.

use std::time::Duration;

use futures::StreamExt;
use plaza_application::{UploadStream, ports::BoxError};
use poem::{FromRequest, Request, RequestBody, web::Multipart};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::ContentTypeError,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef},
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::io::ReaderStream;

use crate::problem::{ApiError, FieldErrorView, ProblemKind};

/// How long a client may take for the next bytes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an upload may take in all: slow lines are served, and nobody keeps a connection for ever.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// How many other fields may come before the file.
const MAX_OTHER_FIELDS: usize = 16;
const FIELD: &str = "file";

/// The file of a form, on its way.
pub(super) struct FileUpload {
    pub(super) name: String,
    pub(super) body: UploadStream,
}

impl Payload for FileUpload {
    const CONTENT_TYPE: &'static str = "multipart/form-data";

    fn check_content_type(content_type: &str) -> bool {
        content_type.starts_with(Self::CONTENT_TYPE)
    }

    fn schema_ref() -> MetaSchemaRef {
        let file = MetaSchema {
            description: Some("The file, with its name"),
            ..MetaSchema::new_with_format("string", "binary")
        };
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            properties: vec![(FIELD, MetaSchemaRef::Inline(Box::new(file)))],
            required: vec![FIELD],
            ..MetaSchema::new("object")
        }))
    }
}

impl ParsePayload for FileUpload {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let mut form =
            <Multipart as FromRequest>::from_request(request, body).await.map_err(|error| broken(&error))?;
        for _ in 0..=MAX_OTHER_FIELDS {
            let next = timeout(IDLE_TIMEOUT, form.next_field()).await.map_err(|_| too_slow())?;
            let Some(field) = next.map_err(|error| broken(&error.into()))? else { break };
            if field.name() == Some(FIELD) {
                let name = field.file_name().unwrap_or_default().to_owned();
                return Ok(Self { name, body: stream(ReaderStream::new(field.into_async_read())) });
            }
        }
        let missing = FieldErrorView::new(FIELD, "must be a part of the form, with a file name");
        Err(ApiError::invalid(vec![missing]).into())
    }
}

impl<'a> ApiExtractor<'a> for FileUpload {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: Self::schema_ref() }];
        Some(MetaRequest { description: None, content, required: Self::IS_REQUIRED })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let content_type = request.content_type().ok_or(ContentTypeError::ExpectContentType)?;
        if !Self::check_content_type(content_type) {
            return Err(ContentTypeError::NotSupported { content_type: content_type.to_owned() }.into());
        }
        <Self as ParsePayload>::from_request(request, body).await
    }
}

fn stream<R: tokio::io::AsyncRead + Send + 'static>(reader: ReaderStream<R>) -> UploadStream {
    let reader = Some(Box::pin(reader));
    let end = Instant::now() + TOTAL_TIMEOUT;
    let stream = futures::stream::unfold(reader, move |reader| async move {
        let mut reader = reader?;
        match timeout_at(end.min(Instant::now() + IDLE_TIMEOUT), reader.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(reader))),
            Ok(Some(Err(error))) => Some((Err(BoxError::from(error)), None)),
            Ok(None) => None,
            Err(too_slow) => Some((Err(BoxError::from(too_slow)), None)),
        }
    });
    // An unfolded stream panics when it is asked again after its end; what detects types of short files does ask.
    Box::pin(stream.fuse())
}

fn broken(error: &poem::Error) -> ApiError {
    ApiError::new(ProblemKind::BadRequest, "the form cannot be read").because(error.to_string())
}

fn too_slow() -> ApiError {
    ApiError::new(ProblemKind::RequestTimeout, "the upload did not arrive in time")
}
