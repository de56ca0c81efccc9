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
}

impl Quota {
    /// `burst` times a minute.
    pub const fn per_minute(burst: u32) -> Self {
        Self { burst, per: Duration::from_secs(60) }
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
    /// for itself.
    async fn take(&self, key: &str, quota: Quota) -> RateDecision;
}
