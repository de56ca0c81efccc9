//! Sends the mails that were ordered: what workers do.

use std::sync::Arc;

use plaza_domain::{Clock, MailPurpose, Store, TaskId, User};
use thiserror::Error;

use super::{MailMessage, MailOrder};
use crate::{
    MailSettings, Ports,
    ports::{BoxError, Letter, Mail, MailError, MailTemplates, Mailer, Secrets},
};

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It was handed over.
    Sent,
    /// It would have had nothing to say any more: its account is gone, or its link was replaced, used, or has expired.
    NotNeeded,
}

/// Why an order was not carried out.
#[derive(Debug, Error)]
pub enum NotSent {
    /// The mail was not taken.
    #[error("the mail was not sent")]
    Mail(#[from] MailError),
    /// It could not be written.
    #[error("the mail could not be written")]
    Unwritten(#[source] BoxError),
}

/// Sends mails.
pub struct MailService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    secrets: Arc<dyn Secrets>,
    templates: Arc<dyn MailTemplates>,
    mailer: Arc<dyn Mailer>,
    settings: MailSettings,
}

impl MailService {
    pub(crate) fn new(ports: &Ports, settings: MailSettings) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            secrets: Arc::clone(&ports.secrets),
            templates: Arc::clone(&ports.mail_templates),
            mailer: Arc::clone(&ports.mailer),
            settings,
        }
    }

    /// Carries out an order that came with a task. However often it is repeated, the same mail is sent, down to its
    /// link: that follows from the task.
    ///
    /// # Errors
    /// Why it was not sent.
    pub async fn deliver(&self, task_id: TaskId, order: &MailOrder) -> Result<Delivered, NotSent> {
        let Some(letter) = self.letter(task_id, order).await? else {
            return Ok(Delivered::NotNeeded);
        };
        let content = self.templates.write(&letter).map_err(NotSent::Unwritten)?;
        self.mailer.send(&Mail { task_id, to: order.to.clone(), content }).await?;
        Ok(Delivered::Sent)
    }

    /// `None` when there is nothing to say any more.
    async fn letter(&self, task_id: TaskId, order: &MailOrder) -> Result<Option<Letter>, NotSent> {
        let mut read = self.store.read().await.map_err(unwritten)?;
        let user = read.users().find(order.user_id).await.map_err(unwritten)?;
        let Some(user) = user.filter(|user| user.erased_at.is_none()) else { return Ok(None) };
        let link = match order.message.purpose() {
            None => None,
            Some(purpose) => {
                let token = read.mail_tokens().find(task_id).await.map_err(unwritten)?;
                if !token.is_some_and(|token| token.is_live(self.clock.now())) {
                    return Ok(None);
                }
                Some(self.link(purpose, task_id))
            }
        };
        Ok(Some(letter(user, order.message.clone(), link)))
    }

    /// What follows `#` stays in the browser: no server's log and no other page learns of it.
    fn link(&self, purpose: MailPurpose, task_id: TaskId) -> String {
        let page = match purpose {
            MailPurpose::VerifyEmail => "verify-email",
            MailPurpose::ResetPassword => "reset-password",
            MailPurpose::LeaveEmail | MailPurpose::TakeEmail => "change-email",
        };
        let token = token_of(&*self.secrets, task_id);
        format!("{}/{page}#token={token}", self.settings.public_url)
    }
}

/// What is secret in the link that a task sends. It is nowhere stored: it follows from the task, and from a key that
/// the database does not have.
pub(super) fn token_of(secrets: &dyn Secrets, task_id: TaskId) -> String {
    secrets.derive(&task_id.to_string())
}

fn letter(user: User, message: MailMessage, link: Option<String>) -> Letter {
    Letter { locale: user.locale, username: user.username.into_string(), message, link }
}

fn unwritten(error: plaza_domain::RepositoryError) -> NotSent {
    NotSent::Unwritten(error.into())
}
