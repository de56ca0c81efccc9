//! The response that carries a file.

use futures::StreamExt;
use plaza_application::{Content, FileService};
use poem::{
    Body, IntoResponse, Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    payload::{Binary, Payload},
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{
    disposition::content_disposition,
    range::{Part, part_of},
};
use crate::problem::{ApiError, PROBLEM_CONTENT_TYPE, ProblemKind, ProblemView};

/// Who may see a file can change; how it looks cannot.
const CACHE: HeaderValue = HeaderValue::from_static("private, max-age=3600");
/// Whatever is in a file, a browser runs nothing of it.
const SANDBOX: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'");

/// A file, a part of one, or the news that the client's copy is good.
pub(crate) struct ContentResponse(Response);

/// Answers a request for content that the asker may see.
///
/// # Errors
/// When the bytes cannot be read, or the part that is asked for is not there.
pub(crate) async fn serve(
    files: &FileService,
    content: Content,
    request: &Request,
) -> Result<ContentResponse, ApiError> {
    let etag = format!("\"{}\"", content.sha256);
    if request.header(header::IF_NONE_MATCH).is_some_and(|known| matches(known, &etag)) {
        let not_modified = Response::builder().status(StatusCode::NOT_MODIFIED);
        let response = not_modified.header(header::ETAG, etag).header(header::CACHE_CONTROL, CACHE).finish();
        return Ok(ContentResponse(response));
    }
    let is_same = request.header(header::IF_RANGE).is_none_or(|known| known == etag);
    let part = part_of(request.header(header::RANGE).filter(|_| is_same), content.size);
    let (status, bytes) = match part {
        Part::Whole => (StatusCode::OK, None),
        Part::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, Some(bytes)),
        Part::Unsatisfiable => return Err(unsatisfiable(content.size)),
    };
    let length = bytes.as_ref().map_or(content.size, |bytes| bytes.end - bytes.start);
    let stream = files.open(&content, bytes.clone()).await?;
    let body = Body::from_bytes_stream(stream.map(|chunk| chunk.map_err(std::io::Error::other)));
    let media_type = match content.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    let mut response = Response::builder()
        .status(status)
        .content_type(media_type)
        .header(header::CONTENT_LENGTH, length)
        .header(header::CONTENT_DISPOSITION, content_disposition(&content.media_type, content.name.as_str()))
        .header(header::ETAG, etag)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, CACHE)
        .header(header::CONTENT_SECURITY_POLICY, SANDBOX)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(body);
    if let Some(bytes) = bytes
        && let Ok(range) =
            HeaderValue::try_from(format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, content.size))
    {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(ContentResponse(response))
}

fn matches(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn unsatisfiable(size: u64) -> ApiError {
    let problem = ApiError::new(ProblemKind::RangeNotSatisfiable, format!("the content has {size} bytes"));
    match HeaderValue::try_from(format!("bytes */{size}")) {
        Ok(range) => problem.with_header(header::CONTENT_RANGE, range),
        Err(_) => problem,
    }
}

impl IntoResponse for ContentResponse {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for ContentResponse {
    fn meta() -> MetaResponses {
        let response = |status, description, content, headers| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers,
        };
        let content = || vec![MetaMediaType { content_type: "*/*", schema: Binary::<Body>::schema_ref() }];
        let problem =
            || vec![MetaMediaType { content_type: PROBLEM_CONTENT_TYPE, schema: ProblemView::schema_ref() }];
        let etag = || documented_header("ETag", "What the content hashes to");
        let range = |words| documented_header("Content-Range", words);
        MetaResponses {
            responses: vec![
                response(200, "The content.", content(), vec![etag()]),
                response(
                    206,
                    "The part of the content that `Range` asks for.",
                    content(),
                    vec![etag(), range("Which bytes of how many")],
                ),
                response(304, "The copy that `If-None-Match` names is good.", Vec::new(), vec![etag()]),
                response(
                    409,
                    ProblemKind::FileNotScanned.title(),
                    problem(),
                    vec![documented_header("Retry-After", "When to ask again, in seconds")],
                ),
                response(
                    416,
                    ProblemKind::RangeNotSatisfiable.title(),
                    problem(),
                    vec![range("How many bytes there are")],
                ),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        ProblemView::register(registry);
    }
}

fn documented_header(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    }
}
