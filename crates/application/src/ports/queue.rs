//! Wakes workers up. The truth about tasks is in the database: a queue may lose and repeat ids.

use std::time::Duration;

use async_trait::async_trait;
use plaza_domain::TaskId;
use thiserror::Error;

use super::BoxError;

/// A queue does not answer.
#[derive(Debug, Error)]
#[error("the task queue is unavailable")]
pub struct QueueError(#[source] pub BoxError);

/// That a queue has work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeUp {
    /// The queue.
    pub queue: String,
    /// The tasks that were announced, at least one. Others of the queue may be more urgent.
    pub task_ids: Vec<TaskId>,
}

/// Queues of task ids.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Appends ids to a queue.
    ///
    /// # Errors
    /// When it does not answer. The caller may go on: a relay pushes again what was never taken.
    async fn push(&self, queue: &str, ids: &[TaskId]) -> Result<(), QueueError>;

    /// Takes the oldest ids of the first of these queues that has some, at most `limit` and at least one; waits at most
    /// `wait` for the first. Cancelling it may lose ids that were just taken: a relay pushes them again.
    ///
    /// # Errors
    /// When it does not answer.
    async fn pop(
        &self,
        queues: &[String],
        limit: usize,
        wait: Duration,
    ) -> Result<Option<WakeUp>, QueueError>;
}
