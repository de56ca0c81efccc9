//! Headers that tell how often something may be done (draft-ietf-httpapi-ratelimit-headers, RFC 9110).

use std::time::Duration;

use plaza_application::ports::{Quota, RateDecision};
use poem::http::{HeaderName, HeaderValue, header::RETRY_AFTER};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// `RateLimit`, `RateLimit-Policy`, and `Retry-After` when it may not be done now. `policy` names the limit.
pub(crate) fn rate_limit_headers(
    policy: &str,
    quota: Quota,
    decision: RateDecision,
) -> Vec<(HeaderName, HeaderValue)> {
    let remaining = decision.remaining;
    let reset = whole_seconds(decision.reset_after);
    let (burst, window) = (quota.burst, whole_seconds(quota.per));
    let mut headers = vec![
        (RATE_LIMIT, format!("\"{policy}\";r={remaining};t={reset}")),
        (RATE_LIMIT_POLICY, format!("\"{policy}\";q={burst};w={window}")),
    ];
    if !decision.allowed {
        headers.push((RETRY_AFTER, whole_seconds(decision.retry_after).max(1).to_string()));
    }
    headers.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))).collect()
}

/// Rounded up: a client that waits so long is not refused again.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let decision = RateDecision {
            allowed: false,
            remaining: 0,
            retry_after: Duration::from_millis(2_100),
            reset_after: Duration::from_secs(60),
        };
        let headers = rate_limit_headers("login", Quota::per_minute(20), decision);
        let shown: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect();
        assert_eq!(
            shown,
            [
                ("ratelimit", "\"login\";r=0;t=60"),
                ("ratelimit-policy", "\"login\";q=20;w=60"),
                ("retry-after", "3"),
            ]
        );
    }
}
