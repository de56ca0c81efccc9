//! One-time secrets within this process.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::{Expiry, policy::EvictionPolicy, sync::Cache};

use crate::ports::{OneTimeStore, OneTimeStoreError};

/// How many values are kept; when there are more, the oldest are forgotten first.
const CAPACITY: u64 = 100_000;

#[derive(Clone)]
struct Kept {
    value: String,
    expires: Instant,
}

struct AtItsTime;

impl Expiry<String, Kept> for AtItsTime {
    fn expire_after_create(&self, _: &String, kept: &Kept, now: Instant) -> Option<Duration> {
        Some(kept.expires.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        kept: &Kept,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.expires.saturating_duration_since(now))
    }
}

/// Keeps values until they are taken, once, or until they expire.
pub struct LocalOneTimeStore {
    values: Cache<String, Kept>,
}

impl LocalOneTimeStore {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            values: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(AtItsTime)
                .build(),
        }
    }
}

impl Default for LocalOneTimeStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl OneTimeStore for LocalOneTimeStore {
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), OneTimeStoreError> {
        let kept = Kept { value: value.to_owned(), expires: Instant::now() + ttl };
        self.values.insert(key.to_owned(), kept);
        Ok(())
    }

    async fn take(&self, key: &str) -> Result<Option<String>, OneTimeStoreError> {
        let taken = self.values.remove(key);
        // The cache may hand out what has expired but was not swept yet.
        Ok(taken.filter(|kept| Instant::now() < kept.expires).map(|kept| kept.value))
    }
}
