//! Asks whether something may be done (again), and says how often when it may not.

use plaza_application::Limited;

use crate::{
    problem::{ApiError, ProblemKind, rate_limit_headers},
    state::AppState,
};

/// Takes one from a bucket.
///
/// # Errors
/// The problem to answer with when the bucket is empty.
pub(crate) async fn allow(state: &AppState, what: Limited<'_>) -> Result<(), ApiError> {
    match state.services.limits.take(what).await {
        Some((quota, decision)) if !decision.allowed => {
            let refusal = ApiError::new(ProblemKind::RateLimited, "rate limit exceeded");
            Err(refusal.with_headers(rate_limit_headers(what.policy(), quota, decision)))
        }
        _ => Ok(()),
    }
}
