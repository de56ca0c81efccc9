//! One object on its way into a bucket: in one request when it is small, in parts when it is large, hashed as it passes.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStore, buffered::BufWriter, path::Path};
use plaza_application::ports::{BlobError, BlobWriter, StoredObject};
use plaza_domain::Sha256;
use sha2::Digest;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::from_store;

/// The size of a part, and of the largest object that is sent in one request. S3 takes at least 5 MiB and 10,000 parts.
const PART: usize = 8 * 1024 * 1024;
/// How many parts of an object are on their way at a time: with the one that is being filled, 24 MiB an upload.
const PARTS_AT_A_TIME: usize = 2;

pub(super) struct S3Writer {
    id: Uuid,
    writer: BufWriter,
    hasher: sha2::Sha256,
    size: u64,
}

impl S3Writer {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, id: Uuid) -> Self {
        let writer = BufWriter::with_capacity(store, path, PART).with_max_concurrency(PARTS_AT_A_TIME);
        Self { id, writer, hasher: sha2::Sha256::new(), size: 0 }
    }
}

#[async_trait]
impl BlobWriter for S3Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.hasher.update(&bytes);
        self.size += bytes.len() as u64;
        self.writer.put(bytes).await.map_err(|error| from_store(&self.id.to_string(), error))
    }

    /// An object is there, durable and whole, when S3 has answered; before, there is none.
    async fn finish(mut self: Box<Self>) -> Result<StoredObject, BlobError> {
        self.writer.shutdown().await.map_err(|error| BlobError::Unavailable(error.into()))?;
        Ok(StoredObject {
            key: self.id.to_string(),
            size: self.size,
            sha256: Sha256(self.hasher.finalize().into()),
        })
    }

    async fn abort(mut self: Box<Self>) {
        if let Err(error) = self.writer.abort().await {
            tracing::warn!(error = ?error, "parts of an upload that was given up are left in the bucket");
        }
    }
}
