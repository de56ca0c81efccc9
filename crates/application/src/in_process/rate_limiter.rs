//! A rate limiter within this process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use moka::{Expiry, ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use plaza_domain::{Clock, Timestamp};

use super::gcra;
use crate::ports::{Quota, RateDecision, RateLimiter};

/// How many buckets are kept; when there are more, those that were used least recently are forgotten.
const CAPACITY: u64 = 100_000;

#[derive(Clone, Copy)]
struct Bucket {
    full_at: Timestamp,
    keep_for: Duration,
}

/// A bucket that is full again is as good as none.
struct WhenFull;

impl Expiry<String, Bucket> for WhenFull {
    fn expire_after_create(&self, _: &String, bucket: &Bucket, _: Instant) -> Option<Duration> {
        Some(bucket.keep_for)
    }

    fn expire_after_update(
        &self,
        _: &String,
        bucket: &Bucket,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(bucket.keep_for)
    }
}

/// Counts for this process alone, in bounded memory.
pub struct LocalRateLimiter {
    clock: Arc<dyn Clock>,
    buckets: Cache<String, Bucket>,
}

impl LocalRateLimiter {
    /// A limiter with full buckets.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            buckets: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(WhenFull)
                .build(),
        }
    }

    /// Takes one from the bucket of `key`; does not wait.
    pub fn take_now(&self, key: &str, quota: Quota) -> RateDecision {
        let now = self.clock.now();
        let mut decision = gcra::decide(Duration::ZERO, quota);
        self.buckets.entry_by_ref(key).and_compute_with(|entry| {
            let ahead =
                entry.and_then(|entry| (entry.into_value().full_at - now).to_std().ok()).unwrap_or_default();
            // A bucket is never more than empty, though the clock was set back.
            let capacity = gcra::capacity(quota);
            decision = gcra::decide(ahead.min(capacity), quota);
            if decision.allowed || ahead > capacity {
                Op::Put(Bucket { full_at: now + decision.reset_after, keep_for: decision.reset_after })
            } else {
                Op::Nop
            }
        });
        decision
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, key: &str, quota: Quota) -> RateDecision {
        self.take_now(key, quota)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct HandClock(Mutex<Timestamp>);

    impl HandClock {
        fn new() -> Arc<Self> {
            Arc::new(Self(Mutex::new(Timestamp::UNIX_EPOCH)))
        }

        fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    #[test]
    fn time_refills_a_bucket_one_by_one() {
        let clock = HandClock::new();
        let limiter = LocalRateLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let quota = Quota::per_minute(2);
        assert!(limiter.take_now("ada", quota).allowed);
        assert!(limiter.take_now("ada", quota).allowed);
        let refused = limiter.take_now("ada", quota);
        assert!(!refused.allowed);

        clock.advance(refused.retry_after);
        assert!(limiter.take_now("ada", quota).allowed);
        assert!(!limiter.take_now("ada", quota).allowed);
    }

    #[test]
    fn one_key_does_not_count_for_another() {
        let limiter = LocalRateLimiter::new(HandClock::new());
        let quota = Quota::per_minute(1);
        assert!(limiter.take_now("ada", quota).allowed);
        assert!(!limiter.take_now("ada", quota).allowed);
        assert!(limiter.take_now("bob", quota).allowed);
    }
}
