//! Orders mails: the task is stored with what the mail is about, and a worker is woken after the commit.

use std::sync::Arc;

use plaza_domain::{IdGenerator, TaskId, UnitOfWork};

use super::MailOrder;
use crate::{
    Error, Ports, Result,
    commands::{Command, MAIL_QUEUE},
    ports::TaskQueue,
};

/// A mail whose task is stored; nobody knows of it yet.
#[must_use = "a worker is to be woken once the task is committed"]
pub(crate) struct Posted(TaskId);

/// Takes mails to be sent.
pub(crate) struct Postbox {
    ids: Arc<dyn IdGenerator>,
    queue: Arc<dyn TaskQueue>,
}

impl Postbox {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { ids: Arc::clone(&ports.ids), queue: Arc::clone(&ports.queue) }
    }

    /// Orders a mail without a link.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn post(&self, work: &mut dyn UnitOfWork, order: MailOrder) -> Result<Posted> {
        let id = TaskId::new(self.ids.next());
        let command = Command::SendMail(order);
        let task = command.into_task(id, None).map_err(|error| Error::Internal(error.into()))?;
        work.tasks().insert(&task).await?;
        Ok(Posted(id))
    }

    /// Wakes a worker up, when the task is committed.
    pub(crate) async fn wake(&self, Posted(id): Posted) {
        if let Err(error) = self.queue.push(MAIL_QUEUE, &[id]).await {
            // The row is the truth: the relay pushes it again.
            tracing::debug!(task.id = %id, error = ?error, "no worker was woken for a mail");
        }
    }
}
