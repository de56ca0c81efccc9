//! A task while this worker runs it, as its handler sees it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use plaza_domain::{RepositoryError, Store, Task, UnitOfWork, repository::Lease};
use tokio::time::{Instant, timeout};

use crate::TaskError;

/// How often progress is written at most.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// How long an attempt is held up by it at most.
const PROGRESS_PATIENCE: Duration = Duration::from_secs(1);

/// A task while this worker holds its lease.
#[derive(Clone)]
pub struct Attempt {
    task: Task,
    lease: TimeDelta,
    store: Arc<dyn Store>,
    /// What was told of the progress last, and when.
    told: Arc<Mutex<Option<(u8, Instant)>>>,
}

impl Attempt {
    pub(crate) fn new(task: Task, lease: TimeDelta, store: Arc<dyn Store>) -> Self {
        Self { task, lease, store, told: Arc::default() }
    }

    /// The task, as it was claimed.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Makes sure that the task is still this worker's, and wanted, when `work` is committed. To be called before
    /// anything is written in the middle of an attempt: a worker that was stopped for a while must not overwrite what
    /// its successor has done.
    ///
    /// # Errors
    /// `Lost` or `Cancelled` when it is not.
    pub async fn hold(&self, work: &mut dyn UnitOfWork) -> Result<(), TaskError> {
        match work.tasks().extend(self.task.id, self.task.token, self.lease).await? {
            Lease::Held => Ok(()),
            Lease::CancelRequested => Err(TaskError::Cancelled),
            Lease::Lost => Err(TaskError::Lost),
        }
    }

    /// Lets the owner know how much is done, in percent. Written at most once a second, and only when it has
    /// changed; what comes sooner is left out. It is never why an attempt fails. Not to be called while a unit of work is open, which
    /// it would wait for.
    pub async fn progress(&self, percent: u8) {
        let percent = percent.min(100);
        if !self.is_worth_telling(percent) {
            return;
        }
        match timeout(PROGRESS_PATIENCE, self.tell(percent)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = ?error, "the progress of a task could not be written"),
            Err(_) => tracing::debug!("the progress of a task could not be written in time"),
        }
    }

    fn is_worth_telling(&self, percent: u8) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if told.is_some_and(|(before, at)| before == percent || now < at + PROGRESS_INTERVAL) {
            return false;
        }
        *told = Some((percent, now));
        true
    }

    /// A stale token writes nothing: then the lease's own watch ends the attempt.
    async fn tell(&self, percent: u8) -> Result<(), RepositoryError> {
        let mut work = self.store.begin().await?;
        work.tasks().progress(self.task.id, self.task.token, percent).await?;
        work.commit().await
    }
}
