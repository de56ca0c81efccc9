//! Stored contents.

use async_trait::async_trait;

use super::Result;
use crate::{Blob, Sha256};

/// Stores which contents there are.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait BlobRepository: Send {
    /// The blob with that content.
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>>;

    /// Stores a blob unless one with the same content is there, and returns the one that is there then. When that is
    /// not the given one, the caller's object is not needed.
    async fn insert_or_get(&mut self, blob: &Blob) -> Result<Blob>;
}
