//! The response that carries a file.

use futures::StreamExt;
use plaza_application::{Content, FileService, ports::DirectLink};
use poem::{
    Body, IntoResponse, Request, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    payload::{Binary, Payload},
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{
    Exposure,
    conditions::{allows_range, is_known},
    disposition::content_disposition,
    method::is_head,
    range::{Part, part_of},
};
use crate::problem::{ApiError, PROBLEM_CONTENT_TYPE, ProblemKind, ProblemView};

/// Whatever is in a file, a browser runs nothing of it.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A file, a part of one, the news that the client's copy is good, or where the bytes are.
pub(crate) struct ContentResponse(Response);

/// Answers a request for content that the asker may see.
///
/// # Errors
/// When the bytes cannot be read, or the part that is asked for is not there.
pub(crate) async fn serve(
    files: &FileService,
    content: Content,
    exposure: Exposure,
    request: &Request,
) -> Result<ContentResponse, ApiError> {
    let etag = format!("\"{}\"", content.sha256);
    if is_known(request.headers(), &etag) {
        let not_modified = Response::builder().status(StatusCode::NOT_MODIFIED);
        let response = not_modified
            .header(header::ETAG, etag)
            .header(header::CACHE_CONTROL, exposure.caching())
            .header(RESOURCE_POLICY, exposure.resource_policy())
            .finish();
        return Ok(ContentResponse(response));
    }
    let is_head = is_head(request);
    let link = DirectLink {
        ttl: exposure.direct_ttl(),
        media_type: presented_type(&content.media_type).to_owned(),
        disposition: content_disposition(&content.media_type, content.name.as_str()),
        caching: exposure.caching(),
    };
    if !is_head && let Some(url) = files.direct_url(&content, &link).await? {
        return Ok(elsewhere(&url, exposure));
    }
    let part = if !is_head && allows_range(request.headers(), &etag) {
        part_of(request.headers(), content.size)
    } else {
        Part::Whole
    };
    let (status, bytes) = match part {
        Part::Whole => (StatusCode::OK, None),
        Part::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, Some(bytes)),
        Part::Unsatisfiable => return Err(unsatisfiable(content.size)),
    };
    let length = bytes.as_ref().map_or(content.size, |bytes| bytes.end - bytes.start);
    let body = if is_head {
        Body::empty()
    } else {
        let stream = files.open(&content, bytes.clone()).await?;
        Body::from_bytes_stream(stream.map(|chunk| chunk.map_err(std::io::Error::other)))
    };
    let mut response = Response::builder()
        .status(status)
        .content_type(link.media_type)
        .header(header::CONTENT_LENGTH, length)
        .header(header::CONTENT_DISPOSITION, link.disposition)
        .header(header::ETAG, etag)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, link.caching)
        .header(header::CONTENT_SECURITY_POLICY, SANDBOX)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(RESOURCE_POLICY, exposure.resource_policy())
        .body(body);
    if let Some(bytes) = bytes
        && let Ok(range) =
            HeaderValue::try_from(format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, content.size))
    {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(ContentResponse(response))
}

/// Without it, browsers guess in which of the old encodings a text is.
fn presented_type(media_type: &str) -> &str {
    match media_type {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    }
}

/// The object store has the bytes. The client asks there as it asked here, for a range too.
fn elsewhere(url: &str, exposure: Exposure) -> ContentResponse {
    let response = Response::builder()
        .status(StatusCode::TEMPORARY_REDIRECT)
        .header(header::LOCATION, url)
        .header(header::CACHE_CONTROL, exposure.direct_caching())
        .header(RESOURCE_POLICY, exposure.resource_policy())
        .finish();
    ContentResponse(response)
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
                response(
                    307,
                    "The bytes are in the object store, at `Location`, for some minutes (`storage.redirect`).",
                    Vec::new(),
                    vec![documented_header("Location", "Where the bytes are")],
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
