//! How much of a body is read: JSON is small, uploads have a limit of their own.

use std::{sync::Arc, time::Duration};

use poem::{
    Body, Endpoint, IntoResponse, Request, Response, Result,
    http::{HeaderValue, header},
};
use tokio::{io::AsyncReadExt, time::timeout};

use crate::{
    problem::{ApiError, ProblemKind},
    state::AppState,
};

/// What a multipart form adds to the file in it.
pub(crate) const FORM_OVERHEAD: u64 = 64 * 1024;
/// How long a body that is no form may take, also where a form is expected.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Refuses bodies that say they are too large before anything is read, and cuts off those that say nothing.
pub(crate) async fn limit_body<E: Endpoint>(next: Arc<E>, mut request: Request) -> Result<Response> {
    let Some(state) = request.data::<AppState>() else {
        return Ok(next.call(request).await?.into_response());
    };
    if request.header(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(compressed().into());
    }
    let is_form =
        request.content_type().is_some_and(|media_type| media_type.starts_with("multipart/form-data"));
    let limit = if is_form {
        state.max_upload_bytes.saturating_add(FORM_OVERHEAD)
    } else {
        state.server.max_body_bytes as u64
    };
    let too_large = || ApiError::new(ProblemKind::TooLarge, format!("the body is larger than {limit} bytes"));
    let announced = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large().into());
    }
    if announced.is_none() && !is_form {
        // Chunked: one byte more than allowed tells that there is too much.
        let mut bytes = Vec::new();
        let mut body = request.take_body().into_async_read().take(limit.saturating_add(1));
        timeout(BODY_TIMEOUT, body.read_to_end(&mut bytes))
            .await
            .map_err(|_| ApiError::new(ProblemKind::RequestTimeout, "the body did not arrive in time"))?
            .map_err(|error| {
                ApiError::new(ProblemKind::BadRequest, "the body cannot be read").because(error)
            })?;
        if bytes.len() as u64 > limit {
            return Err(too_large().into());
        }
        request.set_body(Body::from(bytes));
    }
    Ok(next.call(request).await?.into_response())
}

/// A few bytes can unpack to more than any limit, and no client needs to (RFC 9110, section 12.5.3).
fn compressed() -> ApiError {
    ApiError::new(ProblemKind::UnsupportedMediaType, "bodies must come without a Content-Encoding")
        .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
}
