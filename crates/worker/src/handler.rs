//! How a command is carried out: a handler makes an attempt, and answers with an effect or with why there is none.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plaza_application::{commands::Command, ports::BoxError};
use plaza_domain::RepositoryError;
use thiserror::Error;

use crate::{Attempt, Effect};

/// Carries out one command.
#[async_trait]
pub trait TaskHandler: Send + Sync {
    /// Makes one attempt. It may be cancelled at any point, and repeated after a crash: what it does to the outside
    /// must bear repeating, and what it does to the database belongs into the effect.
    ///
    /// # Errors
    /// Why there is no effect; a panic counts as [`TaskError::Retry`].
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError>;

    /// How long an attempt may take, where that is not what the [worker's settings](crate::WorkerSettings::max_runtime)
    /// say.
    fn max_runtime(&self) -> Option<Duration> {
        None
    }

    /// What to write when the task is given up, also when it is because its workers vanished.
    fn on_dead(&self) -> Box<dyn Effect>;

    /// What to write when the task was called off while it ran; the same, unless the handler makes a difference.
    fn on_cancelled(&self) -> Box<dyn Effect> {
        self.on_dead()
    }
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
    /// Somebody asked for the task's end.
    #[error("called off")]
    Cancelled,
    /// The task belongs to another worker by now: whatever this one found out is void.
    #[error("the lease was lost")]
    Lost,
}

impl From<RepositoryError> for TaskError {
    fn from(error: RepositoryError) -> Self {
        Self::Retry(error.into())
    }
}
