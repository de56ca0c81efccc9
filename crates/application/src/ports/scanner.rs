//! Looks through files for malicious software.

use async_trait::async_trait;
use thiserror::Error;

use super::{BlobError, BoxError, ByteStream};

/// What a scanner found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Clean,
    /// Malicious software.
    Infected {
        /// What the scanner calls it.
        signature: String,
    },
}

/// Why a scanner has nothing to say about a file.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The file could not be read.
    #[error("the file could not be read")]
    Source(#[source] BlobError),
    /// It looks through nothing of that size.
    #[error("the scanner takes no file of {size} bytes")]
    TooLarge {
        /// The file's, in bytes.
        size: u64,
    },
    /// It does not answer, or not as it should.
    #[error("the scanner is unavailable")]
    Unavailable(#[source] BoxError),
}

/// A scanner. Whatever it does not call clean, expressly and having seen all of it, is not clean.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Scanner: Send + Sync {
    /// Looks through `size` bytes.
    ///
    /// # Errors
    /// `Source`, `TooLarge`, `Unavailable`.
    async fn scan(&self, size: u64, bytes: ByteStream) -> Result<Verdict, ScanError>;

    /// Whether it answers.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn check(&self) -> Result<(), ScanError>;
}
