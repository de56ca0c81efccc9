//! `[mail]`: how mails go out, and as whose.

use std::time::Duration;

use serde::Deserialize;

use super::{ConnectionUrl, Problem};
use crate::mail::{MailAddress, Sender};

/// Who writes where nothing is sent.
const NOBODY: &str = "Plaza <plaza@localhost>";

/// How mails go out, and as whose.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// `log:`, `smtps://user:password@host:port`, or `smtp://` with `?tls=required`, `opportunistic` or `none`.
    pub url: ConnectionUrl,
    /// Who writes, such as `Plaza <plaza@example.org>`.
    pub from: Option<String>,
    /// Where answers go, when that is somewhere else.
    pub reply_to: Option<String>,
    /// How long the server may take for a mail, in seconds: 1 to 120.
    pub timeout_seconds: u64,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self { url: ConnectionUrl::new("log:"), from: None, reply_to: None, timeout_seconds: 20 }
    }
}

impl MailConfig {
    /// Where mails go.
    ///
    /// # Errors
    /// What would be right.
    pub fn address(&self) -> Result<MailAddress, &'static str> {
        MailAddress::parse(self.url.expose())
    }

    /// Who writes.
    ///
    /// # Errors
    /// What would be right.
    pub fn sender(&self) -> Result<Sender, crate::mail::SenderError> {
        Sender::new(self.from.as_deref().unwrap_or(NOBODY), self.reply_to.as_deref())
    }

    /// Whether mails only go into the log.
    pub fn is_log(&self) -> bool {
        matches!(self.address(), Ok(MailAddress::Log))
    }

    /// How long the server may take for a mail.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    pub(super) fn validate(&self, public_url: Option<&str>, problems: &mut Vec<Problem>) {
        if let Err(rule) = self.address() {
            problems.push(Problem::new("mail.url", rule));
        }
        if !self.is_log() && self.from.is_none() {
            problems
                .push(Problem::new("mail.from", "is required to send mails: an address of the server's own"));
        }
        if !self.is_log() && public_url.is_none() {
            let rule = "is required to send mails, because their links lead there";
            problems.push(Problem::new("server.public_url", rule));
        }
        if let Err(error) = self.sender() {
            let key = match Sender::new(NOBODY, self.reply_to.as_deref()) {
                Ok(_) => "mail.from",
                Err(_) => "mail.reply_to",
            };
            problems.push(Problem::new(key, error.to_string()));
        }
        if !(1..=120).contains(&self.timeout_seconds) {
            problems.push(Problem::new("mail.timeout_seconds", "must be 1 to 120"));
        }
    }
}
