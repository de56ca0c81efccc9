//! Object stores of their own for tests of the store.

use std::{sync::Arc, time::Duration};

use plaza_application::ports::BlobStore;
use plaza_infrastructure::{
    clock::UuidV7Generator,
    config::SecretText,
    files::FileBlobStore,
    s3::{S3BlobStore, S3Settings},
};
use plaza_tests::servers::Bucket;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use super::fixture::Result;

/// How long a store waits for S3.
const PATIENCE: Duration = Duration::from_secs(10);

/// An object store, and what must live as long.
pub(crate) struct Objects {
    pub(crate) store: Arc<dyn BlobStore>,
    _folder: Option<TempDir>,
}

pub(crate) async fn in_folder() -> Result<Objects> {
    let folder = tempfile::tempdir()?;
    let store = FileBlobStore::open(folder.path(), Arc::new(UuidV7Generator)).await?;
    Ok(Objects { store: Arc::new(store), _folder: Some(folder) })
}

pub(crate) fn in_bucket() -> Result<Objects> {
    let bucket = Bucket::new();
    let keys = (bucket.access_key_id, SecretText::new(bucket.secret_access_key));
    let settings = S3Settings {
        bucket: bucket.name,
        prefix: "uploads".to_owned(),
        endpoint: Some(bucket.endpoint),
        region: "us-east-1".to_owned(),
        keys: Some(keys),
        patience: PATIENCE,
        gives_links: false,
    };
    let store = S3BlobStore::new(&settings, Arc::new(UuidV7Generator), TaskTracker::new())?;
    Ok(Objects { store: Arc::new(store), _folder: None })
}
