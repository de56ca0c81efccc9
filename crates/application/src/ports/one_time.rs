//! Secrets that work once, shared by all instances.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::BoxError;

/// The store of one-time secrets does not answer.
#[derive(Debug, Error)]
#[error("the store of one-time secrets is unavailable")]
pub struct OneTimeStoreError(#[source] pub BoxError);

/// Keeps values until they are taken, once, or until they expire.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OneTimeStore: Send + Sync {
    /// Keeps `value` under `key` for `ttl`.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn put(&self, key: &str, value: &str, ttl: Duration) -> Result<(), OneTimeStoreError>;

    /// Takes the value out: of several callers, one gets it.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn take(&self, key: &str) -> Result<Option<String>, OneTimeStoreError>;
}
