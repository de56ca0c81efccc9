//! Who does background work, and when each was last seen.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::Result;
use crate::{SeenWorker, WorkerId, WorkerStatus};

/// Stores what workers tell of themselves.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait WorkerRepository: Send {
    /// Stores a worker, or what has changed about it: it was seen now, by the database's clock.
    async fn save(&mut self, worker: &WorkerStatus) -> Result<()>;

    /// Workers, those that began first at the front; at most `limit`.
    async fn list(&mut self, limit: u64) -> Result<Vec<SeenWorker>>;

    /// Removes a worker that has ended.
    async fn remove(&mut self, id: WorkerId) -> Result<()>;

    /// Removes workers that were not seen for longer than that, and returns how many there were.
    async fn purge(&mut self, silent_for: TimeDelta) -> Result<u64>;
}
