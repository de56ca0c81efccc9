//! One-time secrets that any instance can take.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis;
use plaza_application::ports::{OneTimeStore, OneTimeStoreError};

use super::{RedisError, RedisPool};

/// Keeps values in Redis until they are taken, once, or until they expire.
pub struct RedisOneTimeStore {
    pool: RedisPool,
}

impl RedisOneTimeStore {
    /// A store on the server of this pool.
    pub fn new(pool: RedisPool) -> Self {
        Self { pool }
    }

    async fn try_put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), RedisError> {
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut connection = self.pool.get().await?;
        redis::cmd("SET")
            .arg(self.pool.key("once", key))
            .arg(value)
            .arg("PX")
            .arg(ttl)
            .exec_async(&mut connection)
            .await?;
        Ok(())
    }

    async fn try_take(&self, key: &str) -> Result<Option<String>, RedisError> {
        let mut connection = self.pool.get().await?;
        let key = self.pool.key("once", key);
        Ok(redis::cmd("GETDEL").arg(key).query_async(&mut connection).await?)
    }
}

#[async_trait]
impl OneTimeStore for RedisOneTimeStore {
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), OneTimeStoreError> {
        self.try_put(key, value, ttl).await.map_err(|error| OneTimeStoreError(error.into()))
    }

    async fn take(&self, key: &str) -> Result<Option<String>, OneTimeStoreError> {
        self.try_take(key).await.map_err(|error| OneTimeStoreError(error.into()))
    }
}
