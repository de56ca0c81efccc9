//! Who does media work: this process, or a child that may be lost.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt, stream::BoxStream};
use plaza_domain::FileFailure;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{ChildProcessor, Examined, MediaChild, MediaError, MediaJob};

/// An upload's bytes, on their way.
pub(crate) struct Source {
    /// How many there must be.
    pub(crate) size: u64,
    /// They themselves.
    pub(crate) bytes: BoxStream<'static, Result<Bytes, MediaError>>,
}

/// Does media work.
#[async_trait]
pub(crate) trait MediaProcessor: Send + Sync {
    /// Looks into an upload. Cancelling ends the work, or at least the waiting for it.
    ///
    /// # Errors
    /// `Refused` when it is the upload's fault, `Crashed` when it may be, `Internal` when it is not.
    async fn process(&self, job: MediaJob, source: Source) -> Result<Examined, MediaError>;
}

/// Where a worker's media work is done.
#[derive(Clone, Debug, Default)]
pub enum MediaSettings {
    /// On threads of the worker's own process: for programs that cannot be their own child, and for tests.
    #[default]
    InProcess,
    /// In a child for each file.
    Child(MediaChild),
}

impl MediaSettings {
    /// What does it; in this process `parallel` files at a time.
    pub(crate) fn processor(&self, parallel: usize) -> Arc<dyn MediaProcessor> {
        match self {
            Self::InProcess => Arc::new(InProcess::new(parallel)),
            Self::Child(child) => Arc::new(ChildProcessor::new(child.clone())),
        }
    }
}

/// Does media work on threads of this process, a few at a time.
struct InProcess {
    permits: Arc<Semaphore>,
}

impl InProcess {
    fn new(parallel: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(parallel.max(1))) }
    }
}

#[async_trait]
impl MediaProcessor for InProcess {
    /// A panic is the file's fault: decoders of hostile input have bugs, and the same file would find the same one
    /// again. Work that nobody waits for any more keeps its place until it ends.
    async fn process(&self, job: MediaJob, source: Source) -> Result<Examined, MediaError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|closed| MediaError::Internal(closed.into()))?;
        let bytes = collect(source).await?;
        let ended = spawn_blocking(move || {
            let _permit = permit;
            job.run(&bytes)
        });
        match ended.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => {
                tracing::warn!(error = ?error, "a decoder panicked: the file counts as unreadable");
                Err(FileFailure::Unreadable.into())
            }
            Err(error) => Err(MediaError::Internal(error.into())),
        }
    }
}

async fn collect(mut source: Source) -> Result<Bytes, MediaError> {
    let mut bytes = BytesMut::with_capacity(usize::try_from(source.size).unwrap_or_default());
    while let Some(chunk) = source.bytes.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() as u64 == source.size { Ok(bytes.freeze()) } else { Err(FileFailure::Missing.into()) }
}
