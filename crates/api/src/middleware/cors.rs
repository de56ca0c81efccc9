//! Which other origins' pages may call the API: those that are listed, and no others.

use poem::{
    http::{HeaderName, Method, header},
    middleware::Cors,
};

/// The middleware for these origins; `None` when there are none, and browsers then keep other pages out.
pub(crate) fn cors(origins: &[String]) -> Option<Cors> {
    if origins.is_empty() {
        return None;
    }
    let request_headers = [header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH, header::RANGE];
    let response_headers = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        header::CONTENT_RANGE,
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
        HeaderName::from_static("x-request-id"),
    ];
    Some(
        Cors::new()
            .allow_origins(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers(request_headers)
            .expose_headers(response_headers)
            .max_age(3600),
    )
}
