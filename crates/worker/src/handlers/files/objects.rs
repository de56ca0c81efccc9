//! Bytes out of the object store and into it.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use plaza_application::ports::{BlobError, BlobStore, StoredObject};
use plaza_domain::{File, FileFailure, Store};

use crate::media::{MediaError, Source};

/// The bytes of an upload, on their way.
pub(super) async fn open(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    file: &File,
) -> Result<Source, MediaError> {
    let mut repositories = store.read().await.map_err(|error| MediaError::Internal(error.into()))?;
    let blob = repositories.blobs().find(file.sha256).await;
    drop(repositories);
    let blob = blob.map_err(|error| MediaError::Internal(error.into()))?.ok_or(FileFailure::Missing)?;
    let bytes = blobs.open(&blob.storage_key, None).await.map_err(failed)?;
    Ok(Source { size: blob.size, bytes: bytes.map_err(failed).boxed() })
}

/// The first bytes, at least `size` if there are so many; and all of them, also the first.
pub(super) async fn peek(source: Source, size: usize) -> Result<(Bytes, Source), MediaError> {
    let Source { size: total, mut bytes } = source;
    let mut head = BytesMut::new();
    while head.len() < size
        && let Some(chunk) = bytes.try_next().await?
    {
        head.extend_from_slice(&chunk);
    }
    let head = head.freeze();
    let all = stream::iter([Ok(head.clone())]).chain(bytes).boxed();
    Ok((head.slice(..head.len().min(size)), Source { size: total, bytes: all }))
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
