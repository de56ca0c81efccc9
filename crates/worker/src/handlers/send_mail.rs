//! Sends a mail.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_application::{
    MailService,
    mail::{Delivered, MailOrder, NotSent},
    ports::MailError,
};
use plaza_domain::{Clock, Task};
use serde_json::json;

use crate::{Answer, Attempt, Effect, NoEffect, TaskError, TaskHandler, runner::spread};

/// Between two tries.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A mail that could not be sent for so long is given up: what it says is not news any more.
const PATIENCE: TimeDelta = TimeDelta::hours(24);

/// Sends a mail. While the server is away, or takes it only later (greylisting), it waits; what the server refuses for good
/// is given up.
pub(super) struct SendMail {
    pub(super) service: Arc<MailService>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) order: MailOrder,
}

#[async_trait]
impl TaskHandler for SendMail {
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        let task = attempt.task();
        match self.service.deliver(task.id, &self.order).await {
            Ok(delivered) => Ok(Box::new(Answer(json!({ "sent": delivered == Delivered::Sent })))),
            Err(NotSent::Mail(MailError::Refused(cause))) => {
                Err(TaskError::Discard(format!("the mail was refused: {cause}")))
            }
            Err(NotSent::Mail(MailError::Unavailable(cause))) => {
                Err(self.put_off(task, format!("the mail server cannot be used: {cause}")))
            }
            Err(NotSent::Mail(MailError::Deferred(cause))) => {
                Err(self.put_off(task, format!("the mail was not taken this time: {cause}")))
            }
            Err(error @ NotSent::Unwritten(_)) => Err(TaskError::Retry(error.into())),
        }
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}

impl SendMail {
    fn put_off(&self, task: &Task, reason: String) -> TaskError {
        let age = self.clock.now() - task.created_at;
        if age > PATIENCE {
            return TaskError::Discard(reason);
        }
        TaskError::Snooze { delay: pause(age.to_std().unwrap_or_default()), reason }
    }
}

/// About half of a mail's age: the longer it takes, the less often it is tried.
fn pause(age: Duration) -> Duration {
    spread((age / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}

#[cfg(test)]
mod tests;
