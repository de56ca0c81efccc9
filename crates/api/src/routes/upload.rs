//! A multipart form with one file (RFC 7578), as a stream: nothing of it is kept in memory.

use std::time::Duration;

use futures::StreamExt;
use plaza_application::{Actor, Limited, MAX_UPLOAD_TIME, UploadStream, ports::BoxError};
use poem::{FromRequest, Request, RequestBody, http::header, web::Multipart};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::ContentTypeError,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef},
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::io::ReaderStream;

use crate::{
    middleware::FORM_OVERHEAD,
    problem::{ApiError, FieldErrorView, ProblemKind},
    rate_limit::allow,
    state::AppState,
};

/// How long a client may take for the next bytes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many other fields may come before the file.
const MAX_OTHER_FIELDS: usize = 16;
const FIELD: &str = "file";
/// How much of a file is handed on at a time, at most.
const CHUNK: usize = 64 * 1024;

/// The file of a form, on its way.
pub(super) struct FileUpload {
    pub(super) name: String,
    pub(super) body: UploadStream,
    /// How many bytes the file has at least, by what the form says of its own length.
    pub(super) at_least: Option<u64>,
}

/// Decides whether a file of at least that many bytes may be uploaded now, before any of them is read.
pub(super) async fn allow_upload(
    state: &AppState,
    actor: &Actor,
    at_least: Option<u64>,
) -> Result<(), ApiError> {
    allow(state, Limited::UploadBy(actor.id())).await?;
    allow(state, Limited::DailyUploadBy(actor.id())).await?;
    if let Some(at_least) = at_least {
        state.services.files.check_announced(actor, at_least).await?;
    }
    Ok(())
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
        let announced = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let at_least = announced.map(|length| length.saturating_sub(FORM_OVERHEAD));
        let mut form =
            <Multipart as FromRequest>::from_request(request, body).await.map_err(|error| broken(&error))?;
        for _ in 0..=MAX_OTHER_FIELDS {
            let next = timeout(IDLE_TIMEOUT, form.next_field()).await.map_err(|_| too_slow())?;
            let Some(field) = next.map_err(|error| broken(&error.into()))? else { break };
            if field.name() == Some(FIELD) {
                let name = field.file_name().unwrap_or_default().to_owned();
                let body = stream(ReaderStream::with_capacity(field.into_async_read(), CHUNK));
                return Ok(Self { name, body, at_least });
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
    let end = Instant::now() + MAX_UPLOAD_TIME;
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
