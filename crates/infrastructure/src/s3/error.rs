//! What failures of an object store mean.

use std::{error::Error as _, future::Future, time::Duration};

use object_store::Error;
use plaza_application::ports::{BlobError, BoxError};
use thiserror::Error as ThisError;
use tokio::time::timeout;

/// Codes in the answers of servers.
const NO_BUCKET: &str = "NoSuchBucket";
const REFUSALS: [&str; 3] = ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"];
/// Those of Ceph and of MinIO: S3 itself has no end.
const FULL: [&str; 2] = ["QuotaExceeded", "StorageFull"];

/// Why a bucket cannot be used, before anything is stored in it.
#[derive(Debug, ThisError)]
pub enum S3Error {
    /// The settings lead to no bucket.
    #[error("the settings lead to no bucket")]
    Settings(#[source] Error),
    /// The server knows the keys and refuses them, or does not know them.
    #[error("the access key is refused, or may not list, write and read objects there")]
    Refused,
    /// There is no such bucket.
    #[error("there is no such bucket")]
    NoBucket,
    /// It does not answer, or not as it should; it may later.
    #[error("the object store is unavailable")]
    Unavailable(#[source] BoxError),
}

impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Refused,
            Error::NotFound { .. } => Self::NoBucket,
            // Lists fail with errors that do not tell their status.
            other if tells(&other, NO_BUCKET) => Self::NoBucket,
            other if REFUSALS.into_iter().any(|word| tells(&other, word)) => Self::Refused,
            other => Self::Unavailable(other.into()),
        }
    }
}

/// What a failure to read an object means.
pub(super) fn not_read(key: &str, error: Error) -> BlobError {
    match error {
        // A bucket that is gone may come back; an object that is gone does not.
        Error::NotFound { .. } if !tells(&error, NO_BUCKET) => BlobError::NotFound { key: key.to_owned() },
        other => BlobError::Unavailable(other.into()),
    }
}

/// What a failure to store an object means.
pub(super) fn not_written(error: Error) -> BlobError {
    if FULL.into_iter().any(|word| tells(&error, word)) {
        return BlobError::Full;
    }
    BlobError::Unavailable(error.into())
}

/// Whether the server's answer, which is the last cause of an error, has this word.
fn tells(error: &Error, word: &str) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if error.to_string().contains(word) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Waits so long for an answer, with all its repetitions, and no longer.
pub(super) async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, BlobError>>,
) -> Result<T, BlobError> {
    match timeout(patience, answer).await {
        Ok(answered) => answered,
        Err(elapsed) => Err(BlobError::Unavailable(elapsed.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_found(answer: &str) -> Error {
        Error::NotFound { path: "uploads/key".to_owned(), source: answer.into() }
    }

    fn generic(answer: &str) -> Error {
        Error::Generic { store: "S3", source: answer.into() }
    }

    #[test]
    fn an_object_without_its_bucket_is_not_missing_for_good() {
        let lost = not_read("key", not_found("<Error><Code>NoSuchBucket</Code></Error>"));
        assert!(matches!(lost, BlobError::Unavailable(_)), "{lost:?}");
        let gone = not_read("key", not_found("<Error><Code>NoSuchKey</Code></Error>"));
        assert!(matches!(gone, BlobError::NotFound { .. }), "{gone:?}");
    }

    #[test]
    fn a_store_without_room_is_full() {
        let full = not_written(generic("<Error><Code>XMinioStorageFull</Code></Error>"));
        assert!(matches!(full, BlobError::Full), "{full:?}");
        assert!(matches!(not_written(generic("500")), BlobError::Unavailable(_)));
    }

    #[test]
    fn a_list_that_is_refused_says_why() {
        let refused = S3Error::from(generic("<Error><Code>AccessDenied</Code></Error>"));
        assert!(matches!(refused, S3Error::Refused), "{refused:?}");
        assert!(matches!(S3Error::from(generic("NoSuchBucket")), S3Error::NoBucket));
        assert!(matches!(S3Error::from(generic("500")), S3Error::Unavailable(_)));
    }
}
