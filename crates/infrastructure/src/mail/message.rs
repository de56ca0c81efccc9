//! Mails as they travel (RFC 5322), with a part for programs that show text and one for those that show HTML.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use plaza_application::ports::{BoxError, Mail};
use thiserror::Error;

/// Keeps programs that are out of office from answering (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// An address that cannot be one.
#[derive(Debug, Error)]
#[error("must be an address such as Plaza <plaza@example.org>")]
pub struct SenderError(#[source] lettre::address::AddressError);

impl Sender {
    /// Writes as `from`, and asks for answers at `reply_to`; each is an address, with a name before it or none.
    ///
    /// # Errors
    /// When one of them is no address.
    pub fn new(from: &str, reply_to: Option<&str>) -> Result<Self, SenderError> {
        Ok(Self {
            from: from.parse().map_err(SenderError)?,
            reply_to: reply_to.map(str::parse).transpose().map_err(SenderError)?,
        })
    }

    /// The mail as it is handed over. All that varies between two tries is its date.
    ///
    /// # Errors
    /// When it is to go where no mail can go.
    pub(super) fn message(&self, mail: &Mail) -> Result<Message, BoxError> {
        let to: Address = mail.to.as_str().parse()?;
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.task_id, self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.content.subject.as_str())
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let (text, html) = (mail.content.text.clone(), mail.content.html.clone());
        Ok(builder.multipart(MultiPart::alternative_plain_html(text, html))?)
    }
}

#[cfg(test)]
mod tests {
    use plaza_application::ports::MailContent;
    use plaza_domain::{Email, TaskId};
    use uuid::Uuid;

    use super::*;

    fn mail(to: &str) -> Mail {
        let words = |text: &str| text.to_owned();
        Mail {
            task_id: TaskId::new(Uuid::from_u128(7)),
            to: Email::from_stored(to.to_owned()),
            content: MailContent {
                subject: words("Hello\r\nBcc: eve@example.org"),
                text: words("text"),
                html: words("<p>html</p>"),
            },
        }
    }

    #[test]
    fn a_mail_has_two_parts_and_an_id_that_stays() -> Result<(), BoxError> {
        let sender = Sender::new("Plaza <plaza@example.org>", Some("help@example.org"))?;
        let formatted = String::from_utf8(sender.message(&mail("ada@example.org"))?.formatted())?;
        for line in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.org>",
            "From: Plaza <plaza@example.org>",
            "To: ada@example.org",
            "Reply-To: help@example.org",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(formatted.lines().any(|it| it == line), "{line}\n{formatted}");
        }
        Ok(())
    }

    #[test]
    fn a_subject_adds_no_header() -> Result<(), BoxError> {
        let sender = Sender::new("plaza@example.org", None)?;
        let formatted = String::from_utf8(sender.message(&mail("ada@example.org"))?.formatted())?;
        assert!(!formatted.lines().any(|line| line.starts_with("Bcc")), "{formatted}");
        Ok(())
    }

    #[test]
    fn no_mail_is_made_for_what_is_no_address() -> Result<(), BoxError> {
        let sender = Sender::new("plaza@example.org", None)?;
        assert!(sender.message(&mail("a..b@example.org\r\nRCPT TO:<eve@example.org>")).is_err());
        assert!(Sender::new("nobody", None).is_err());
        Ok(())
    }
}
