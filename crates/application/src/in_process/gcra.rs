//! The arithmetic of the generic cell rate algorithm (GCRA, ITU-T I.371), shared by all rate limiters.
//!
//! A bucket is one moment: its theoretical arrival time. How far that lies *ahead* of now is how full the bucket is.
//! Each taking moves it ahead by one [`step`]; what would move it further than [`capacity`] is refused.

use std::time::Duration;

use crate::ports::{Quota, RateDecision};

/// How far one taking moves a bucket's moment.
pub fn step(quota: Quota) -> Duration {
    (quota.per / quota.burst.max(1)).max(Duration::from_micros(1))
}

/// How far a bucket's moment may lie ahead of now.
pub fn capacity(quota: Quota) -> Duration {
    step(quota) * quota.burst.max(1)
}

/// What to answer when the bucket's moment lies `ahead` of now before taking.
pub fn decide(ahead: Duration, quota: Quota) -> RateDecision {
    let (step, capacity) = (step(quota), capacity(quota));
    let after = ahead + step;
    if after > capacity {
        return RateDecision {
            allowed: false,
            remaining: 0,
            retry_after: after - capacity,
            reset_after: ahead,
        };
    }
    let remaining = (capacity - after).as_micros() / step.as_micros();
    RateDecision {
        allowed: true,
        remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        retry_after: Duration::ZERO,
        reset_after: after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_the_next_is_not() {
        let quota = Quota::per_minute(3);
        let mut ahead = Duration::ZERO;
        for remaining in [2, 1, 0] {
            let decision = decide(ahead, quota);
            assert!(decision.allowed);
            assert_eq!(decision.remaining, remaining);
            ahead = decision.reset_after;
        }
        let refused = decide(ahead, quota);
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after, Duration::from_secs(20));
        assert_eq!(refused.reset_after, Duration::from_secs(60));
    }

    #[test]
    fn a_quota_of_nothing_is_taken_as_one() {
        let quota = Quota::per_minute(0);
        assert!(decide(Duration::ZERO, quota).allowed);
        assert!(!decide(Duration::from_secs(1), quota).allowed);
    }

    #[test]
    fn a_quota_that_does_not_divide_evenly_allows_exactly_its_burst() {
        let quota = Quota::per_minute(7);
        let mut ahead = Duration::ZERO;
        let mut allowed = 0;
        while decide(ahead, quota).allowed {
            ahead += step(quota);
            allowed += 1;
        }
        assert_eq!(allowed, 7);
    }
}
