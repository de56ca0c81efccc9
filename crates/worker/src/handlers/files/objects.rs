//! Bytes out of the object store and into it.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use plaza_application::ports::{BlobError, BlobStore, StoredObject};
use plaza_domain::{File, FileFailure, Store};

use crate::media::MediaError;

/// All bytes of an upload.
pub(super) async fn read(store: &dyn Store, blobs: &dyn BlobStore, file: &File) -> Result<Bytes, MediaError> {
    let mut repositories = store.read().await.map_err(|error| MediaError::Internal(error.into()))?;
    let blob = repositories.blobs().find(file.sha256).await;
    drop(repositories);
    let blob = blob.map_err(|error| MediaError::Internal(error.into()))?.ok_or(FileFailure::Missing)?;

    let mut bytes = BytesMut::with_capacity(usize::try_from(blob.size).unwrap_or_default());
    let mut stream = blobs.open(&blob.storage_key, None).await.map_err(failed)?;
    while let Some(chunk) = stream.try_next().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() as u64 == blob.size { Ok(bytes.freeze()) } else { Err(FileFailure::Missing.into()) }
}

/// A new object with these bytes.
pub(super) async fn write(blobs: &dyn BlobStore, bytes: Bytes) -> Result<StoredObject, MediaError> {
    let mut writer = blobs.create().await.map_err(failed)?;
    match writer.write(bytes).await {
        Ok(()) => writer.finish().await.map_err(failed),
        Err(error) => {
            writer.abort().await;
            Err(failed(error))
        }
    }
}

fn failed(error: BlobError) -> MediaError {
    match error {
        BlobError::NotFound { .. } => FileFailure::Missing.into(),
        BlobError::Full | BlobError::Unavailable(_) => MediaError::Internal(error.into()),
    }
}
