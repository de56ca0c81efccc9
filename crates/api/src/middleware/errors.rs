//! Every error leaves as a problem document, whoever raised it; faults of the server's own are logged here, once.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use poem::{Endpoint, IntoResponse, Request, Response, Result, error::MethodNotAllowedError, http::header};
use tokio::time::timeout;

use super::AllowedMethods;
use crate::problem::{ApiError, ProblemKind, from_poem, log_cause};

/// How long an answer may take, once the request is there. Uploads have deadlines of their own, between bytes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Turns errors into problems, ends requests that take too long, and answers also when a handler panics.
pub(crate) async fn answer_with_problems<E: Endpoint>(
    next: Arc<E>,
    request: Request,
    allowed: Arc<AllowedMethods>,
) -> Result<Response> {
    let path = request.original_uri().path().to_owned();
    let is_stream = path.ends_with("/upload") || path.ends_with("/upload/image");
    // What a panic leaves behind is dropped with the request; what requests share is safe to use after one.
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    let answered = if is_stream { Ok(answer.await) } else { timeout(REQUEST_TIMEOUT, answer).await };
    let error = match answered {
        Ok(Ok(Ok(response))) => return Ok(response.into_response()),
        Ok(Ok(Err(error))) => error,
        Ok(Err(panic)) => panicked(&*panic).into(),
        Err(_) => ApiError::new(ProblemKind::Unavailable, "the answer took too long").into(),
    };
    let is_method = error.is::<MethodNotAllowedError>();
    let problem = from_poem(error);
    log_cause(&problem);
    let mut response = problem.response(&path);
    if is_method {
        response.headers_mut().insert(header::ALLOW, allowed.at(&path));
    }
    Ok(response)
}

fn panicked(panic: &(dyn Any + Send)) -> ApiError {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words");
    ApiError::new(ProblemKind::Internal, "something went wrong inside the server")
        .because(format!("a handler panicked: {words}"))
}

#[cfg(test)]
mod tests {
    use poem::{EndpointExt, endpoint::make, http::StatusCode};

    use super::*;

    async fn answer<E: Endpoint + 'static>(endpoint: E) -> Result<Response> {
        let allowed = Arc::new(AllowedMethods::of("{}", ""));
        let endpoint =
            endpoint.around(move |next, request| answer_with_problems(next, request, Arc::clone(&allowed)));
        endpoint.call(Request::builder().uri_str("/rooms").finish()).await
    }

    fn overflow(divisor: u32) -> u32 {
        1 / divisor
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_like_any_other() -> Result<()> {
        let response = answer(make(|_| async { overflow(std::hint::black_box(0)).to_string() })).await?;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.content_type(), Some("application/problem+json"));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_too_long_is_given_up() -> Result<()> {
        let response = answer(make(|_| std::future::pending::<String>())).await?;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        Ok(())
    }
}
