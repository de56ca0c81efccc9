//! Stored contents.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::Result;
use crate::{Blob, Sha256};

/// Stores which contents there are, and how many files and variants refer to each. Its times are the database's.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait BlobRepository: Send {
    /// The blob with that content, unless it was purged.
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>>;

    /// Refers to a content once more and returns its blob: the given one when there was none, or only one that was
    /// purged. When another one is returned, the caller's object is not needed.
    async fn acquire(&mut self, blob: &Blob) -> Result<Blob>;

    /// Takes a reference back. A content without references is purged some time later. Whoever releases several does so
    /// in the order of their hashes, and after locking what referred to them, or two that wait for each other fail.
    ///
    /// # Errors
    /// `NotFound` when nothing refers to that content.
    async fn release(&mut self, sha256: Sha256) -> Result<()>;

    /// Marks as purged what nothing has referred to for that long, at most `limit`, and returns the keys of the objects:
    /// once this is committed no blob names them, and they are to be removed.
    async fn purge(&mut self, unused_for: TimeDelta, limit: u64) -> Result<Vec<String>>;

    /// Removes purged blobs that no file names, at most `limit`, and returns how many.
    async fn forget_purged(&mut self, limit: u64) -> Result<u64>;

    /// Those of these keys that a blob has which was not purged, in no order that matters.
    async fn named(&mut self, keys: &[String]) -> Result<Vec<String>>;
}
