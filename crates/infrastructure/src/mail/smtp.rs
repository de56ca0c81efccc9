//! Sends mails to an SMTP server (RFC 5321), which takes them on.

use std::time::Duration;

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{PoolConfig, response::Category},
};
use plaza_application::ports::{Mail, MailError, Mailer};
use thiserror::Error;
use tokio::time::timeout;

use super::{Sender, SmtpAddress};

/// How many connections are kept open for the next mail at most.
const CONNECTIONS: u32 = 4;
/// For how long.
const IDLE: Duration = Duration::from_secs(30);

/// The server cannot be used as it is configured.
#[derive(Debug, Error)]
#[error("the mail server cannot be used")]
pub struct SmtpError(#[source] lettre::transport::smtp::Error);

/// Sends mails to an SMTP server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    timeout: Duration,
}

impl SmtpMailer {
    /// Hands mails to the server there, which need not answer yet; each must be taken within `timeout`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(address: &SmtpAddress, sender: Sender, timeout: Duration) -> Result<Self, SmtpError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(address.expose())
            .map_err(SmtpError)?
            .timeout(Some(timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE))
            .build();
        Ok(Self { transport, sender, timeout })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.sender.message(mail).map_err(MailError::Refused)?;
        match timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(from_smtp(error)),
            Err(elapsed) => Err(MailError::Unavailable(elapsed.into())),
        }
    }
}

/// What a server says about who sends, and not about what is sent, is no reason to give a mail up.
fn from_smtp(error: lettre::transport::smtp::Error) -> MailError {
    let is_about_login = error.status().is_some_and(|code| code.category == Category::Unspecified3);
    if is_about_login || error.status().is_none() {
        MailError::Unavailable(error.into())
    } else if error.is_permanent() {
        MailError::Refused(error.into())
    } else {
        MailError::Deferred(error.into())
    }
}
