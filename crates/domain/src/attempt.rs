//! What is kept of attempts at tasks: who made them, when, and how they went.

use crate::{Timestamp, WorkerId};

/// How an attempt ended, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptEnd {
    /// Done.
    Succeeded,
    /// Failed, to begin again.
    Retry,
    /// Put off, through no fault of the task.
    Snooze,
    /// Failed, and the task was given up.
    Dead,
    /// Its worker vanished.
    Crashed,
    /// Called off.
    Cancelled,
}

impl AttemptEnd {
    const ALL: [Self; 6] =
        [Self::Succeeded, Self::Retry, Self::Snooze, Self::Dead, Self::Crashed, Self::Cancelled];

    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Retry => "retry",
            Self::Snooze => "snooze",
            Self::Dead => "dead",
            Self::Crashed => "crashed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The end that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == word)
    }

    /// Whether something went wrong.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Retry | Self::Dead | Self::Crashed)
    }
}

/// One attempt at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskAttempt {
    /// Which one, from 1 on; from 1 on again once a task was given another chance.
    pub attempt: i32,
    /// Whose it was.
    pub worker_id: WorkerId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub end: Option<AttemptEnd>,
    /// What went wrong.
    pub error: Option<String>,
}
