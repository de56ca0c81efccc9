//! How often something may be done.

use std::time::Duration;

use async_trait::async_trait;

/// `burst` times at once, and over time as often as every `per / burst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many at once; at least 1.
    pub burst: u32,
    /// How long an empty bucket takes to fill.
    pub per: Duration,
    /// Whether an instance that has to count for itself gives a part only: who is refused here would go on guessing at
    /// its neighbours.
    pub is_guarded: bool,
}

/// The part of a guarded quota that an instance gives which counts for itself though it is not the only one.
const GUARDED_PART: u32 = 4;

impl Quota {
    /// `burst` times in `per`.
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self { burst, per, is_guarded: false }
    }

    /// `burst` times a minute.
    pub const fn per_minute(burst: u32) -> Self {
        Self::new(burst, Duration::from_secs(60))
    }

    /// `burst` times a day.
    pub const fn per_day(burst: u32) -> Self {
        Self::new(burst, Duration::from_secs(24 * 60 * 60))
    }

    /// For what is tried by those who guess, such as passwords: stricter while instances cannot count together.
    #[must_use]
    pub const fn guarded(self) -> Self {
        Self { is_guarded: true, ..self }
    }

    /// The same another number of times.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    /// What an instance gives that counts for itself though it is not the only one.
    #[must_use]
    pub fn alone(self) -> Self {
        let burst = if self.is_guarded { self.burst / GUARDED_PART } else { self.burst };
        Self { burst: burst.max(1), ..self }
    }
}

/// A rate limiter's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether it may be done.
    pub allowed: bool,
    /// How many more at once.
    pub remaining: u32,
    /// When the next is allowed; zero when `allowed`.
    pub retry_after: Duration,
    /// When the bucket is full again.
    pub reset_after: Duration,
}

/// Counts by the generic cell rate algorithm (GCRA, ITU-T I.371).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes one from the bucket of `key`. Never fails: when what several instances share is not there, each counts
    /// for itself, by [`Quota::alone`].
    async fn take(&self, key: &str, quota: Quota) -> RateDecision;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_quota_is_a_quarter_while_an_instance_counts_for_itself() {
        assert_eq!(Quota::per_minute(20).guarded().alone().burst, 5);
        assert_eq!(Quota::per_minute(3).guarded().alone().burst, 1);
        assert_eq!(Quota::per_minute(20).alone(), Quota::per_minute(20));
    }
}
