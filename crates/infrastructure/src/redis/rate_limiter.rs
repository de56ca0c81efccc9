//! A rate limiter that several instances share, as one script; alone when Redis does not answer.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use plaza_application::{
    in_process::{LocalRateLimiter, gcra},
    ports::{Quota, RateDecision, RateLimiter},
};

use super::{
    RedisError, RedisPool,
    together::{Together, micros},
};

/// The arithmetic of `gcra`, where the buckets are: by the time of Redis, in microseconds. Answers how far the bucket's
/// moment lay ahead before taking.
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// Counts for all instances together.
pub struct RedisRateLimiter {
    pool: RedisPool,
    alone: LocalRateLimiter,
    together: Together,
}

impl RedisRateLimiter {
    /// A limiter on the server of this pool; `alone` counts while that does not answer within `patience`.
    pub fn new(pool: RedisPool, alone: LocalRateLimiter, patience: Duration) -> Arc<Self> {
        Arc::new(Self { pool, alone, together: Together::new("requests", patience) })
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

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, key: &str, quota: Quota) -> RateDecision {
        match self.together.ask(self.take_shared(key, quota)).await {
            Some(decision) => decision,
            None => self.alone.take_now(key, quota.alone()),
        }
    }
}
