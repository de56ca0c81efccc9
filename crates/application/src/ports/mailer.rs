//! Mail: what is written, and how it is sent.

use async_trait::async_trait;
use plaza_domain::{Email, Locale, TaskId};
use thiserror::Error;

use super::BoxError;
use crate::mail::MailMessage;

/// What is to be said to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// In which language, as far as there are templates for it.
    pub locale: Locale,
    /// The handle of the account that it is about, as its user chose it: mail programs may take it for a link.
    pub username: String,
    /// What is said.
    pub message: MailMessage,
    /// Where what it asks for is done; works once.
    pub link: Option<String>,
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
pub struct MailContent {
    /// In one line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// The same for those that show HTML.
    pub html: String,
}

/// A mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The task that sends it: whoever gets it twice can tell by its `Message-ID`.
    pub task_id: TaskId,
    /// To whom.
    pub to: Email,
    /// What it says.
    pub content: MailContent,
}

/// Why a mail was not sent.
#[derive(Debug, Error)]
pub enum MailError {
    /// The server cannot be reached or used, whatever the mail.
    #[error("the mail server cannot be used")]
    Unavailable(#[source] BoxError),
    /// The server does not take this mail now.
    #[error("the mail was not taken this time")]
    Deferred(#[source] BoxError),
    /// The server will never take this mail.
    #[error("the mail was refused")]
    Refused(#[source] BoxError),
}

/// Writes mails.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait MailTemplates: Send + Sync {
    /// Puts a letter into words.
    ///
    /// # Errors
    /// When a template fails.
    fn write(&self, letter: &Letter) -> Result<MailContent, BoxError>;
}

/// Sends mails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over, once; it may arrive twice when the answer is lost.
    ///
    /// # Errors
    /// `Unavailable`, `Deferred`, `Refused`.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
