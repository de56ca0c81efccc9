//! How a command is carried out: a handler makes an attempt, and answers with an effect or with why there is none.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_application::{commands::Command, ports::BoxError};
use plaza_domain::{RepositoryError, Task, UnitOfWork};
use thiserror::Error;

use crate::Effect;

/// Carries out one command.
#[async_trait]
pub trait TaskHandler: Send + Sync {
    /// Makes one attempt. It may be cancelled at any point, and repeated after a crash: what it does to the outside
    /// must bear repeating, and what it does to the database belongs into the effect.
    ///
    /// # Errors
    /// Why there is no effect; a panic counts as [`TaskError::Retry`].
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError>;

    /// What to write when the task is given up, also when it is because its workers vanished.
    fn on_dead(&self) -> Box<dyn Effect>;
}

/// Knows the handler of every command.
pub trait Registry: Send + Sync {
    /// The handler that carries out this command.
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler>;
}

/// Why an attempt has no effect.
#[derive(Debug, Error)]
pub enum TaskError {
    /// It failed, and another attempt may not.
    #[error("the attempt failed")]
    Retry(#[source] BoxError),
    /// Not now, through no fault of the task: the attempt does not count.
    #[error("put off: {reason}")]
    Snooze {
        /// How long.
        delay: Duration,
        /// Why.
        reason: String,
    },
    /// No attempt can succeed.
    #[error("given up: {0}")]
    Discard(String),
    /// The task belongs to another worker by now: whatever this one found out is void.
    #[error("the lease was lost")]
    Lost,
}

impl From<RepositoryError> for TaskError {
    fn from(error: RepositoryError) -> Self {
        Self::Retry(error.into())
    }
}

/// A task while this worker holds its lease.
#[derive(Clone, Debug)]
pub struct Attempt {
    task: Task,
    lease: TimeDelta,
}

impl Attempt {
    pub(crate) fn new(task: Task, lease: TimeDelta) -> Self {
        Self { task, lease }
    }

    /// The task, as it was claimed.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Makes sure that the task is still this worker's when `work` is committed. To be called before anything is
    /// written in the middle of an attempt: a worker that was stopped for a while must not overwrite what its
    /// successor has done.
    ///
    /// # Errors
    /// `Lost` when it is not.
    pub async fn hold(&self, work: &mut dyn UnitOfWork) -> Result<(), TaskError> {
        let (id, token) = (self.task.id, self.task.token);
        if work.tasks().extend(id, token, self.lease).await? { Ok(()) } else { Err(TaskError::Lost) }
    }
}
