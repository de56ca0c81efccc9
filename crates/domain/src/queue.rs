//! Queues as who runs the server sees them.

use crate::Timestamp;

/// How a queue is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFigures {
    /// Its name.
    pub queue: String,
    /// How many of its tasks wait for their time.
    pub scheduled: u64,
    /// How many wait for a worker.
    pub ready: u64,
    /// How many a worker is at.
    pub running: u64,
    /// How many were given up and are kept.
    pub dead: u64,
    /// Since when the one waits that has been waiting for a worker longest.
    pub oldest_ready_at: Option<Timestamp>,
    /// How many attempts succeeded of late.
    pub succeeded: u64,
    /// How many attempts failed of late, also by the loss of their worker.
    pub failed: u64,
}

impl QueueFigures {
    /// Those of a queue that has nothing to do.
    pub const fn idle(queue: String) -> Self {
        Self {
            queue,
            scheduled: 0,
            ready: 0,
            running: 0,
            dead: 0,
            oldest_ready_at: None,
            succeeded: 0,
            failed: 0,
        }
    }
}

/// How all queues are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSurvey {
    /// Those that have tasks, or had some of late, by name.
    pub queues: Vec<QueueFigures>,
    /// Whether everything was counted: nobody counts for ever, and where there was more, the figures say "at least".
    pub is_complete: bool,
}
