//! Recurring jobs. Any number of schedulers may ask: of those that find a job due, one gets to make its task.

use async_trait::async_trait;

use super::Result;
use crate::{RecurringJob, TaskId, Timestamp};

/// Stores when jobs are due.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RecurringJobRepository: Send {
    /// Every job, by name; there are as many as the program knows.
    async fn list(&mut self) -> Result<Vec<RecurringJob>>;

    /// Makes a job known that is due at `next_run_at`. One that is known is due no later than that from then on.
    async fn ensure(&mut self, name: &str, next_run_at: Timestamp) -> Result<()>;

    /// Moves a job that is due at `due` on to `next`, in one conditional update; false when it is not, because somebody
    /// else was faster. Whoever gets true makes the task in the same unit of work.
    async fn advance(&mut self, name: &str, due: Timestamp, next: Timestamp) -> Result<bool>;

    /// Notes that a task was made for a job; false when the job is not known.
    async fn record(&mut self, name: &str, at: Timestamp, task_id: TaskId) -> Result<bool>;

    /// Forgets every job but these, and returns how many there were.
    async fn retain(&mut self, names: &[&'static str]) -> Result<u64>;
}
