//! One object on its way into a bucket: in one request when it is small, in parts when it is large, hashed as it passes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryFutureExt;
use object_store::{ObjectStore, buffered::BufWriter, path::Path};
use plaza_application::ports::{BlobError, BlobWriter, StoredObject};
use plaza_domain::Sha256;
use sha2::Digest;
use tokio::{io::AsyncWriteExt, runtime::Handle, time::timeout};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::error::{in_time, not_written};

/// The size of a part, and of the largest object that is sent in one request. S3 takes at least 5 MiB and 10,000 parts.
const PART: usize = 8 * 1024 * 1024;
/// How many parts of an object are on their way at a time: with the one that is being filled, 24 MiB an upload.
const PARTS_AT_A_TIME: usize = 2;

pub(super) struct S3Writer {
    id: Uuid,
    /// `None` once it is finished or given up.
    writer: Option<BufWriter>,
    hasher: sha2::Sha256,
    size: u64,
    patience: Duration,
    tracker: TaskTracker,
}

impl S3Writer {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        path: Path,
        id: Uuid,
        patience: Duration,
        tracker: TaskTracker,
    ) -> Self {
        let writer = BufWriter::with_capacity(store, path, PART).with_max_concurrency(PARTS_AT_A_TIME);
        Self { id, writer: Some(writer), hasher: sha2::Sha256::new(), size: 0, patience, tracker }
    }
}

#[async_trait]
impl BlobWriter for S3Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let Some(writer) = &mut self.writer else { return Err(ended()) };
        self.hasher.update(&bytes);
        self.size += bytes.len() as u64;
        in_time(self.patience, writer.put(bytes).map_err(not_written)).await
    }

    /// An object is there, durable and whole, when S3 has answered; before, there is none. Parts of an object that S3
    /// refuses are cleared away, also when nobody waits for this any more; when S3 does not answer in time they stay.
    async fn finish(mut self: Box<Self>) -> Result<StoredObject, BlobError> {
        let mut writer = self.writer.take().ok_or_else(ended)?;
        let hash = std::mem::take(&mut self.hasher).finalize();
        let stored = StoredObject { key: self.id.to_string(), size: self.size, sha256: Sha256(hash.into()) };
        let patience = self.patience;
        let finishing = async move {
            let finished = writer.shutdown().map_err(|error| match error.downcast::<object_store::Error>() {
                Ok(error) => not_written(error),
                Err(error) => BlobError::Unavailable(error.into()),
            });
            in_time(patience, finished).await
        };
        self.tracker.spawn(finishing).await.map_err(|error| BlobError::Unavailable(error.into()))??;
        Ok(stored)
    }

    async fn abort(mut self: Box<Self>) {
        if let Some(writer) = self.writer.take() {
            clear(writer, self.patience).await;
        }
    }
}

impl Drop for S3Writer {
    /// Whoever uploads may go away at any moment; the parts that came until then cost money in a bucket.
    fn drop(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        if let Ok(runtime) = Handle::try_current() {
            self.tracker.spawn_on(clear(writer, self.patience), &runtime);
        }
    }
}

/// Removes the parts of an object that will not be, once none is on its way any more: a part that arrives after its
/// upload was given up may stay for ever, says `AbortMultipartUpload` in the S3 API's reference.
async fn clear(writer: BufWriter, patience: Duration) {
    // With no request allowed beside it, even nothing is put only when all others have ended.
    let mut writer = writer.with_max_concurrency(0);
    let ended = async { while writer.put(Bytes::new()).await.is_err() {} };
    timeout(patience, ended).await.ok();
    let cleared = match timeout(patience, writer.abort()).await {
        Ok(cleared) => cleared.map_err(not_written),
        Err(elapsed) => Err(BlobError::Unavailable(elapsed.into())),
    };
    if let Err(error) = cleared {
        tracing::warn!(error = ?error, "parts of an upload that was given up are left in the bucket");
    }
}

fn ended() -> BlobError {
    BlobError::Unavailable("the object was finished or given up before".into())
}
