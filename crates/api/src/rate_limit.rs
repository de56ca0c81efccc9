//! Asks whether something may be done (again), says how often when it may not, and tells with every answer what is left.

use std::fmt::Write;

use plaza_application::{Limited, Taken, counted};
use poem::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    problem::{ApiError, whole_seconds},
    state::AppState,
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Takes one from a bucket.
///
/// # Errors
/// The problem to answer with when the bucket is empty.
pub(crate) async fn allow(state: &AppState, what: Limited<'_>) -> Result<(), ApiError> {
    Ok(state.services.limits.admit(what).await?)
}

/// Does what is asked for, and tells what has to be told about it in the headers `RateLimit` and `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers): one item for each limit that was asked, the last one first. If one refused,
/// that is the first item; but what is refused for wrong passwords is no matter of a quota, and told by `Retry-After`
/// alone.
pub(crate) async fn told<T, E>(
    work: impl Future<Output = Result<T, E>>,
    headers: impl FnOnce(&mut T) -> &mut HeaderMap,
) -> Result<T, E> {
    let (done, taken) = counted(work).await;
    let mut done = done?;
    if let Some((limits, policies)) = values(&taken) {
        let headers = headers(&mut done);
        headers.insert(RATE_LIMIT, limits);
        headers.insert(RATE_LIMIT_POLICY, policies);
    }
    Ok(done)
}

fn values(taken: &[Taken]) -> Option<(HeaderValue, HeaderValue)> {
    if taken.is_empty() {
        return None;
    }
    let (mut limits, mut policies) = (String::new(), String::new());
    for Taken { policy, quota, decision } in taken.iter().rev() {
        let comma = if limits.is_empty() { "" } else { ", " };
        let (remaining, reset) = (decision.remaining, whole_seconds(decision.reset_after));
        let (burst, window) = (quota.burst, whole_seconds(quota.per));
        write!(limits, "{comma}\"{policy}\";r={remaining};t={reset}").ok()?;
        write!(policies, "{comma}\"{policy}\";q={burst};w={window}").ok()?;
    }
    Some((HeaderValue::try_from(limits).ok()?, HeaderValue::try_from(policies).ok()?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plaza_application::ports::{Quota, RateDecision};

    use super::*;

    #[test]
    fn each_limit_says_what_is_left_of_it() {
        let taken = |policy, allowed, remaining| Taken {
            policy,
            quota: Quota::per_minute(20),
            decision: RateDecision {
                allowed,
                remaining,
                retry_after: Duration::from_millis(2_100),
                reset_after: Duration::from_millis(59_500),
            },
        };
        assert_eq!(values(&[]), None);
        let expected = (
            HeaderValue::from_static("\"login\";r=0;t=60, \"requests\";r=3;t=60"),
            HeaderValue::from_static("\"login\";q=20;w=60, \"requests\";q=20;w=60"),
        );
        assert_eq!(values(&[taken("requests", true, 3), taken("login", false, 0)]), Some(expected));
    }
}
