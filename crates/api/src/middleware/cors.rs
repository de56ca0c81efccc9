//! Which other origins' pages may call the API: those that are listed (Fetch standard, "HTTP extensions").
//!
//! Others get their answer without permission to read it, which browsers enforce. poem's own middleware refuses them
//! instead, and with them the server's own pages: those send an origin, too.

use std::sync::Arc;

use plaza_infrastructure::config::ServerConfig;
use poem::{
    Endpoint, IntoResponse, Request, Response, Result,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use crate::state::AppState;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, if-none-match, if-range, range");
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "content-disposition, content-range, etag, location, ratelimit, ratelimit-policy, retry-after, x-request-id",
);
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("3600");

/// Answers preflight requests, and lets listed origins read what is answered.
pub(crate) async fn share_with_origins<E: Endpoint>(next: Arc<E>, request: Request) -> Result<Response> {
    let server = request.data::<AppState>().map(|state| &*state.server);
    let Some(server) = server.filter(|server| !server.cors_origins.is_empty()) else {
        return Ok(next.call(request).await?.into_response());
    };
    let listed = listed_origin(request.headers(), server);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight && listed.is_some() {
        preflight()
    } else {
        next.call(request).await?.into_response()
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = listed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        // Cookies go along: what is done by them asks for the origin, too.
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        // Said for the browser's own pages only; what a listed origin may read it may also embed.
        headers.remove("cross-origin-resource-policy");
    }
    Ok(response)
}

fn listed_origin(headers: &HeaderMap, server: &ServerConfig) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    origin.to_str().is_ok_and(|origin| server.lists_origin(origin)).then(|| origin.clone())
}

fn preflight() -> Response {
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS)
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
        .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS)
        .finish()
}
