//! Slow computations, off the runtime's threads, a few at a time.

use std::sync::Arc;

use plaza_domain::FileFailure;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::media::MediaError;

/// Runs slow functions on threads of their own.
pub(super) struct BlockingPool {
    permits: Arc<Semaphore>,
}

impl BlockingPool {
    pub(super) fn new(parallel: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(parallel.max(1))) }
    }

    /// Runs `work` when its turn has come. A panic is the file's fault: decoders of hostile input have bugs, and the
    /// same file would find the same one again. Cancelling stops the waiting but not `work`, which keeps its place.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, MediaError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, MediaError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|closed| MediaError::Internal(closed.into()))?;
        let ended = spawn_blocking(move || {
            let _permit = permit;
            work()
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
