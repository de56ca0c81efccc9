//! A rate limiter that several instances share, as one script; alone when Redis does not answer.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use plaza_application::{
    in_process::{LocalRateLimiter, gcra},
    ports::{Quota, RateDecision, RateLimiter},
};
use tokio::time::timeout;

use super::{RedisError, RedisPool};

/// After a failure each instance counts for itself for so long, before Redis is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The arithmetic of `gcra`, where the buckets are: by the time of Redis, in microseconds. Answers how far the bucket's
/// moment lay ahead before taking.
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// Counts for all instances together.
pub struct RedisRateLimiter {
    pool: RedisPool,
    alone: LocalRateLimiter,
    patience: Duration,
    started: Instant,
    /// In milliseconds since `started`.
    alone_until: AtomicU64,
}

impl RedisRateLimiter {
    /// A limiter on the server of this pool; `alone` counts while that does not answer within `patience`.
    pub fn new(pool: RedisPool, alone: LocalRateLimiter, patience: Duration) -> Arc<Self> {
        Arc::new(Self { pool, alone, patience, started: Instant::now(), alone_until: AtomicU64::new(0) })
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn is_alone(&self) -> bool {
        self.uptime() < Duration::from_millis(self.alone_until.load(Ordering::Relaxed))
    }

    fn go_alone(&self) {
        let until = u64::try_from((self.uptime() + PAUSE).as_millis()).unwrap_or(u64::MAX);
        self.alone_until.store(until, Ordering::Relaxed);
    }

    async fn take_shared(&self, key: &str, quota: Quota) -> Result<RateDecision, RedisError> {
        let mut connection = self.pool.get().await?;
        let ahead: u64 = TAKE
            .key(self.pool.key("limit", key))
            .arg(micros(gcra::step(quota)))
            .arg(micros(gcra::capacity(quota)))
            .invoke_async(&mut connection)
            .await?;
        Ok(gcra::decide(Duration::from_micros(ahead), quota))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, key: &str, quota: Quota) -> RateDecision {
        if self.is_alone() {
            return self.alone.take_now(key, quota.alone());
        }
        let outcome = match timeout(self.patience, self.take_shared(key, quota)).await {
            Ok(outcome) => outcome,
            Err(elapsed) => Err(elapsed.into()),
        };
        outcome.unwrap_or_else(|error| {
            self.go_alone();
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "rate limits are counted by each instance for itself");
            self.alone.take_now(key, quota.alone())
        })
    }
}
