//! Removing what was kept of tasks for long enough.

use chrono::TimeDelta;
use plaza_domain::repository::TaskRetention;

use super::TaskService;
use crate::Result;

/// How long tasks are kept after their end.
const KEPT: TaskRetention = TaskRetention { done: TimeDelta::days(7), dead: TimeDelta::days(30) };
/// How many tasks of a state one transaction removes.
const BATCH: u64 = 500;
/// How many transactions one call makes; the rest is left to the next.
const MAX_BATCHES: usize = 200;

impl TaskService {
    /// Removes tasks that succeeded or were called off 7 days ago, and those that were given up 30 days ago. Returns how
    /// many there were.
    ///
    /// # Errors
    /// `Unavailable`; what was removed until then stays removed.
    pub async fn purge(&self) -> Result<u64> {
        let mut removed = 0;
        for _ in 0..MAX_BATCHES {
            let mut work = self.store.begin().await?;
            let batch = work.tasks().purge(KEPT, BATCH).await?;
            work.commit().await?;
            removed += batch;
            if batch == 0 {
                break;
            }
        }
        Ok(removed)
    }
}
