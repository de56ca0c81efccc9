//! Background work as rows: the truth that queues only point at.

use chrono::TimeDelta;
use serde_json::Value;

use crate::{AttemptEnd, TaskId, Timestamp, UserId};

/// Where a task is in its life:
/// `scheduled → ready → running → succeeded`, or back to `scheduled`, or `dead`, or `cancelled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Waits for its time.
    Scheduled,
    /// May be claimed.
    Ready,
    /// A worker holds its lease.
    Running,
    /// Done.
    Succeeded,
    /// Given up; kept for an operator to look at.
    Dead,
    /// Called off.
    Cancelled,
}

impl TaskState {
    const ALL: [Self; 6] =
        [Self::Scheduled, Self::Ready, Self::Running, Self::Succeeded, Self::Dead, Self::Cancelled];

    /// Whether it is waiting or running: it was not seen to its end.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Ready | Self::Running)
    }

    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How urgent a task is among those of its queue: the greatest goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority(pub i16);

impl Priority {
    /// Whenever there is nothing else to do.
    pub const LOW: Self = Self(-10);
    /// As most tasks.
    pub const NORMAL: Self = Self(0);
    /// Somebody waits for it.
    pub const HIGH: Self = Self(10);
}

/// A task to be stored together with the business data it serves; starts as `ready`, or as `scheduled` when its time is
/// yet to come.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    /// Its id.
    pub id: TaskId,
    /// The queue whose workers take it, for example `media`.
    pub queue: String,
    /// Its command's kind.
    pub kind: String,
    /// Its command's version.
    pub version: i32,
    /// Its command's data.
    pub payload: Value,
    /// Whom it is done for.
    pub owner_id: Option<UserId>,
    /// How often it may be begun.
    pub max_attempts: i32,
    /// How urgent it is.
    pub priority: Priority,
    /// Not before then; `None` for at once.
    pub run_at: Option<Timestamp>,
    /// Of the tasks with the same key, only one is waiting or running at any time.
    pub unique_key: Option<String>,
}

/// A unit of background work.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The queue whose workers take it.
    pub queue: String,
    /// Its command's kind.
    pub kind: String,
    /// Its command's version.
    pub version: i32,
    /// Its command's data.
    pub payload: Value,
    /// Whom it is done for.
    pub owner_id: Option<UserId>,
    /// Where it is in its life.
    pub state: TaskState,
    /// How often it was begun.
    pub attempt: i32,
    /// How often it may be begun.
    pub max_attempts: i32,
    /// How often its worker vanished while it held the lease.
    pub crashes: i32,
    /// The fencing token: rises with each claim, and a report with an older one is refused.
    pub token: i64,
    /// Not before then.
    pub run_at: Timestamp,
    /// Until when its worker may be silent.
    pub lease_until: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Of the tasks with the same key, only one is waiting or running at any time.
    pub unique_key: Option<String>,
    /// How much of it is done, in percent, where its handler tells; 100 when it succeeded.
    pub progress: Option<u8>,
    /// What came of it, where there is more to tell than that it succeeded.
    pub result: Option<Value>,
    /// When somebody asked for its end while it ran.
    pub cancel_requested_at: Option<Timestamp>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Done.
    Succeeded {
        /// What came of it, where there is more to tell.
        result: Option<Value>,
    },
    /// Failed; begins again after `delay`.
    Retry {
        /// What went wrong.
        error: String,
        /// How long to wait.
        delay: TimeDelta,
    },
    /// Not now, through no fault of its own: begins again after `delay`, and the attempt does not count.
    Snooze {
        /// Why.
        reason: String,
        /// How long to wait.
        delay: TimeDelta,
    },
    /// Given up.
    Dead {
        /// What went wrong.
        error: String,
    },
    /// Called off.
    Cancelled,
}

impl AttemptOutcome {
    /// Done, and there is nothing to tell.
    pub const DONE: Self = Self::Succeeded { result: None };

    /// Whether the task begins again after it.
    pub const fn is_repeated(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Snooze { .. })
    }

    /// What is kept of the attempt: how it ended, and what went wrong. `is_dead` tells that the task is given up by it:
    /// a retry of a task that has no attempts left is the end of it.
    pub fn end(&self, is_dead: bool) -> (AttemptEnd, Option<&str>) {
        match self {
            Self::Succeeded { .. } => (AttemptEnd::Succeeded, None),
            Self::Retry { error, .. } if is_dead => (AttemptEnd::Dead, Some(error)),
            Self::Retry { error, .. } => (AttemptEnd::Retry, Some(error)),
            Self::Snooze { reason, .. } => (AttemptEnd::Snooze, Some(reason)),
            Self::Dead { error } => (AttemptEnd::Dead, Some(error)),
            Self::Cancelled => (AttemptEnd::Cancelled, None),
        }
    }
}
