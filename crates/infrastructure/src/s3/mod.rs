//! An object store that speaks Amazon's S3.

mod store;
mod writer;

pub use store::{S3BlobStore, S3Error, S3Settings};

use object_store::Error;
use plaza_application::ports::BlobError;

/// What a failure of the object store means to those who store files.
fn from_store(key: &str, error: Error) -> BlobError {
    match error {
        Error::NotFound { .. } => BlobError::NotFound { key: key.to_owned() },
        other => BlobError::Unavailable(other.into()),
    }
}
