//! Orders mails: the task is stored with what the mail is about, and a worker is woken after the commit.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Clock, Email, IdGenerator, MailPurpose, MailToken, TaskId, UnitOfWork, User};

use super::{MailMessage, MailOrder, delivery::token_of};
use crate::{
    Error, Ports, Result,
    commands::{Command, MAIL_QUEUE},
    ports::{Secrets, TaskQueue},
};

/// How long links work.
const fn lifetime(purpose: MailPurpose) -> TimeDelta {
    match purpose {
        MailPurpose::VerifyEmail | MailPurpose::LeaveEmail | MailPurpose::TakeEmail => TimeDelta::hours(24),
        MailPurpose::ResetPassword => TimeDelta::minutes(30),
    }
}

/// A mail whose task is stored; nobody knows of it yet.
#[must_use = "a worker is to be woken once the task is committed"]
pub(crate) struct Posted(TaskId);

/// Takes mails to be sent.
pub(crate) struct Postbox {
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn Secrets>,
    ids: Arc<dyn IdGenerator>,
    queue: Arc<dyn TaskQueue>,
}

impl Postbox {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            clock: Arc::clone(&ports.clock),
            secrets: Arc::clone(&ports.secrets),
            ids: Arc::clone(&ports.ids),
            queue: Arc::clone(&ports.queue),
        }
    }

    /// Orders a mail without a link.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn post(&self, work: &mut dyn UnitOfWork, order: MailOrder) -> Result<Posted> {
        self.post_command(work, Command::SendMail(order)).await
    }

    /// Orders a mail without a link to a user's address.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn tell(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        message: MailMessage,
    ) -> Result<Posted> {
        self.post(work, MailOrder { user_id: user.id, to: user.email.clone(), message }).await
    }

    /// Orders a mail with its link, which takes the place of the user's former one for the same purpose. `email` is what
    /// the link is about. The user must be locked.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn post_link(
        &self,
        work: &mut dyn UnitOfWork,
        order: MailOrder,
        purpose: MailPurpose,
        email: Email,
    ) -> Result<Posted> {
        let now = self.clock.now();
        let user_id = order.user_id;
        let posted = self.post(&mut *work, order).await?;
        let token = MailToken {
            task_id: posted.0,
            user_id,
            purpose,
            digest: self.secrets.digest(&token_of(&*self.secrets, posted.0)),
            email,
            created_at: now,
            expires_at: now + lifetime(purpose),
            used_at: None,
        };
        work.mail_tokens().replace(&token).await?;
        Ok(posted)
    }

    /// Orders what workers of the mail queue do.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn post_command(&self, work: &mut dyn UnitOfWork, command: Command) -> Result<Posted> {
        let id = TaskId::new(self.ids.next());
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
