//! Keys that sign access tokens.

use async_trait::async_trait;

use super::Result;
use crate::{SigningKey, Timestamp};

/// Stores keys. There are a few at a time: a key without a successor, and those whose tokens may still be about.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SigningKeyRepository: Send {
    /// The keys that check at `now`, by rising number.
    async fn list(&mut self, now: Timestamp) -> Result<Vec<SigningKey>>;

    /// Stores a new key.
    ///
    /// # Errors
    /// `Conflict` when its number is taken: somebody else made a key at the same time.
    async fn insert(&mut self, key: &SigningKey) -> Result<()>;

    /// Says until when keys check, unless it was said before.
    async fn retire(&mut self, numbers: &[i64], verifies_until: Timestamp) -> Result<()>;

    /// Forgets the keys that check no more at `now`; how many.
    async fn delete_retired(&mut self, now: Timestamp) -> Result<u64>;
}
