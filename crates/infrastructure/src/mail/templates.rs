//! Puts letters into mails: what is said is a language's, how it looks is not.

use askama::Template;
use plaza_application::ports::{BoxError, Letter, MailContent, MailTemplates};

use super::english;

/// What a mail says, in one language.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) subject: String,
    pub(super) greeting: String,
    pub(super) paragraphs: Vec<String>,
    /// What the link is called.
    pub(super) action: &'static str,
    /// What follows the link.
    pub(super) afterwards: Option<&'static str>,
    /// Why it was sent, and by whom.
    pub(super) footer: String,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct HtmlPart<'a> {
    words: &'a Words,
    link: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/mail.txt")]
struct TextPart<'a> {
    words: &'a Words,
    link: Option<&'a str>,
}

/// Writes mails, in English whatever the locale: another language is another module beside `english`.
#[derive(Clone, Debug)]
pub struct Templates {
    public_url: String,
    reply_to: Option<String>,
}

impl Templates {
    /// For a server that users find there, and where somebody reads answers, if anybody does.
    pub fn new(public_url: String, reply_to: Option<String>) -> Self {
        Self { public_url, reply_to }
    }
}

impl MailTemplates for Templates {
    fn write(&self, letter: &Letter) -> Result<MailContent, BoxError> {
        let words = english::words(letter, &self.public_url, self.reply_to.as_deref());
        let link = letter.link.as_deref();
        let html = HtmlPart { words: &words, link }.render()?;
        let text = TextPart { words: &words, link }.render()?;
        Ok(MailContent { subject: words.subject, text, html })
    }
}

/// What users choose, so that no mail program makes a link of it: `www.example.org` is a handle like any other.
pub(super) fn unlinked(text: &str) -> String {
    text.replace('.', ".\u{200b}").replace('@', "@\u{200b}")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plaza_application::mail::MailMessage;
    use plaza_domain::{Email, Locale};

    use super::*;

    fn letter(username: &str, message: MailMessage, link: Option<&str>) -> Letter {
        Letter {
            locale: Locale::from_stored("en".to_owned()),
            username: username.to_owned(),
            message,
            link: link.map(str::to_owned),
        }
    }

    fn write(letter: &Letter) -> Result<MailContent, BoxError> {
        Templates::new("https://chat.example.org".to_owned(), None).write(letter)
    }

    #[test]
    fn what_becomes_of_answers_is_told_as_it_is() -> Result<(), BoxError> {
        let reply_to = Some("help@example.org".to_owned());
        let answered = Templates::new("https://chat.example.org".to_owned(), reply_to);
        let letter = letter("ada", MailMessage::PasswordChanged, None);
        for (templates, is_read) in [(answered, true), (Templates::new(String::new(), None), false)] {
            let mail = templates.write(&letter)?;
            for part in [&mail.text, &mail.html] {
                assert_eq!(part.contains("Nobody reads answers"), !is_read, "{part}");
                assert_eq!(part.contains("Answers reach"), is_read, "{part}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_login_is_all_that_saves_an_account() -> Result<(), BoxError> {
        let mail =
            write(&letter("ada", MailMessage::AccountDeletion { erase_at: DateTime::UNIX_EPOCH }, None))?;
        assert!(mail.text.contains("log in, and the account stays"), "{}", mail.text);
        Ok(())
    }

    #[test]
    fn every_mail_says_the_same_in_both_parts() -> Result<(), BoxError> {
        let link = "https://chat.example.org/page#token=abc";
        let email = || Email::from_stored("new@example.org".to_owned());
        for message in [
            MailMessage::VerifyEmail,
            MailMessage::ResetPassword,
            MailMessage::LeaveEmail { new_email: email() },
            MailMessage::TakeEmail,
            MailMessage::EmailChanged { new_email: email() },
            MailMessage::PasswordChanged,
            MailMessage::PasswordReset,
            MailMessage::SecondFactorEnabled,
            MailMessage::SecondFactorDisabled,
            MailMessage::SecondFactorReset,
            MailMessage::RecoveryCodeUsed { left: 9 },
            MailMessage::RecoveryCodesRenewed,
            MailMessage::IdentityLinked { provider: "Example Corp.".to_owned() },
            MailMessage::IdentityUnlinked { provider: "Example Corp.".to_owned() },
            MailMessage::ExportReady,
            MailMessage::AccountDeletion { erase_at: DateTime::UNIX_EPOCH },
            MailMessage::AccountDeletionOrdered {
                erase_at: DateTime::UNIX_EPOCH,
                reason: "Spam.".to_owned(),
                can_return: true,
            },
        ] {
            let link = message.purpose().map(|_| link);
            let mail = write(&letter("ada", message, link))?;
            assert!(!mail.subject.is_empty() && !mail.subject.contains('\n'), "{}", mail.subject);
            assert!(mail.text.contains("Hello ada") && mail.html.contains("Hello ada"), "{}", mail.text);
            for part in [&mail.text, &mail.html] {
                assert_eq!(part.matches("/page#token=abc").count() > 0, link.is_some(), "{part}");
                assert!(part.contains("chat.example.org"), "{part}");
                assert!(!part.contains("{{") && !part.contains("<img") && !part.contains("http:"), "{part}");
            }
        }
        Ok(())
    }

    #[test]
    fn how_many_recovery_codes_are_left_is_told() -> Result<(), BoxError> {
        for (left, told) in [(0, "None is left"), (1, "One is left"), (7, "7 are left.")] {
            let mail = write(&letter("ada", MailMessage::RecoveryCodeUsed { left }, None))?;
            assert!(mail.text.contains(told) && mail.html.contains(told), "{}", mail.text);
        }
        Ok(())
    }

    #[test]
    fn what_users_choose_becomes_neither_markup_nor_a_link() -> Result<(), BoxError> {
        let new_email = Email::from_stored("'\"><b>@www.example.net".to_owned());
        let mail = write(&letter("www.example.net", MailMessage::EmailChanged { new_email }, None))?;
        for part in [&mail.text, &mail.html] {
            assert!(!part.contains("www.example") && part.contains("www.\u{200b}example"), "{part}");
        }
        assert!(!mail.html.contains("<b>") && !mail.html.contains("'\""), "{}", mail.html);
        assert!(!mail.subject.contains("example.net"));
        Ok(())
    }
}
