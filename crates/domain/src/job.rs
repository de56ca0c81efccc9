//! Recurring jobs: what is to be done again and again, and when it is due.

use crate::{TaskId, Timestamp};

/// When a recurring job is due. What it does, and by which schedule, is the program's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecurringJob {
    /// Its name.
    pub name: String,
    /// When a task for it is made next.
    pub next_run_at: Timestamp,
    /// When one was made last.
    pub last_run_at: Option<Timestamp>,
    /// That one.
    pub last_task_id: Option<TaskId>,
}
