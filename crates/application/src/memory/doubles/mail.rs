//! Mail that stays where it is.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::ports::{BoxError, Letter, Mail, MailContent, MailError, MailTemplates, Mailer};

/// Words that say what a letter is made of, one thing a line: what it says, and its link.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainTemplates;

impl MailTemplates for PlainTemplates {
    fn write(&self, letter: &Letter) -> Result<MailContent, BoxError> {
        let subject = serde_json::to_string(&letter.message)?;
        let text = format!("{}\n{}", letter.username, letter.link.as_deref().unwrap_or_default());
        Ok(MailContent { subject, html: text.clone(), text })
    }
}

/// Keeps the mails that were handed to it; cloning shares them.
#[derive(Clone, Default)]
pub struct MemoryMailer(Arc<Mutex<Vec<Mail>>>);

impl MemoryMailer {
    /// The mails, in the order of their sending.
    pub fn sent(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        Ok(())
    }
}
