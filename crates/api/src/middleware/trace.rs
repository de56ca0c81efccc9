//! One line in the log for each request, without its query string: tokens may be there.

use std::sync::Arc;

use poem::{
    Endpoint, IntoResponse, Request, Response, Result,
    http::{HeaderName, HeaderValue},
};
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::{client::ClientAddress, state::AppState};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, and logs how it went. The name is in the answer, and on every line that is logged meanwhile.
pub(crate) async fn trace_request<E: Endpoint>(next: Arc<E>, request: Request, id: Uuid) -> Result<Response> {
    let begun = Instant::now();
    let method = request.method().clone();
    let path = request.original_uri().path().to_owned();
    let client =
        request.data::<AppState>().map(|state| ClientAddress::of(&request, &state.server).to_string());
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.call(request).instrument(span.clone()).await?.into_response();
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::info!(
            http.method = %method,
            http.path = %path,
            http.status = response.status().as_u16(),
            client.address = client.as_deref().unwrap_or_default(),
            elapsed_ms,
            "answered"
        );
    });
    Ok(response)
}
