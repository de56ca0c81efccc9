//! Every error leaves as a problem document, whoever raised it; faults of the server's own are logged here, once.

use std::{sync::Arc, time::Duration};

use poem::{Endpoint, IntoResponse, Request, Response, Result};
use tokio::time::timeout;

use crate::problem::{ApiError, ProblemKind, from_poem};

/// How long an answer may take, once the request is there. Uploads have deadlines of their own, between bytes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Turns errors into problems, and ends requests that take too long.
pub(crate) async fn answer_with_problems<E: Endpoint>(next: Arc<E>, request: Request) -> Result<Response> {
    let path = request.original_uri().path().to_owned();
    let is_stream = path.ends_with("/upload") || path.ends_with("/upload/image");
    let answer = next.call(request);
    let answered = if is_stream {
        answer.await
    } else {
        let too_slow = || ApiError::new(ProblemKind::Unavailable, "the answer took too long").into();
        timeout(REQUEST_TIMEOUT, answer).await.unwrap_or_else(|_| Err(too_slow()))
    };
    Ok(match answered {
        Ok(response) => response.into_response(),
        Err(error) => {
            let allow = error_headers(&error);
            let problem = from_poem(error);
            if let Some(cause) = problem.cause() {
                let kind = problem.kind();
                if matches!(kind, ProblemKind::Internal | ProblemKind::Unavailable) {
                    tracing::error!(problem.kind = ?kind, error = ?cause, "a request failed");
                } else {
                    tracing::debug!(problem.kind = ?kind, error = ?cause, "a request was refused");
                }
            }
            let mut response = problem.response(&path);
            response.headers_mut().extend(allow);
            response
        }
    })
}

/// The router knows which methods work; the problem that replaces its error keeps that.
fn error_headers(error: &poem::Error) -> Option<(poem::http::HeaderName, poem::http::HeaderValue)> {
    let is_method = error.is::<poem::error::MethodNotAllowedError>();
    is_method.then(|| (poem::http::header::ALLOW, poem::http::HeaderValue::from_static(METHODS)))
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
