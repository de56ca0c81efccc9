//! Mail: the words of mails, and how they go out.

mod address;
mod english;
mod log;
mod message;
mod smtp;
mod templates;

pub use address::{MailAddress, SmtpAddress};
pub use log::LogMailer;
pub use message::{Sender, SenderError};
pub use smtp::{SmtpError, SmtpMailer};
pub use templates::Templates;
