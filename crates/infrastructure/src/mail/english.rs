//! Mails in English.

use plaza_application::{mail::MailMessage, ports::Letter};

use super::templates::{Words, unlinked};

/// What a letter says.
pub(super) fn words(letter: &Letter, public_url: &str, reply_to: Option<&str>) -> Words {
    let (subject, paragraphs, action, afterwards) = said(&letter.message);
    let answers = match reply_to {
        Some(_) => "Answers reach those who run it.",
        None => "Nobody reads answers to it.",
    };
    Words {
        language: "en",
        subject: subject.to_owned(),
        greeting: format!("Hello {},", unlinked(&letter.username)),
        paragraphs,
        action,
        afterwards,
        footer: format!("This mail was sent by the Plaza server at {public_url}. {answers}"),
    }
}

type Said = (&'static str, Vec<String>, &'static str, Option<&'static str>);

fn said(message: &MailMessage) -> Said {
    let plain = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match message {
        MailMessage::VerifyEmail => (
            "Confirm your e-mail address",
            plain(&["Please confirm that this is your address. The link works once, for 24 hours."]),
            "Confirm the address",
            Some("If you did not make an account, ignore this mail: nothing happens without you."),
        ),
        MailMessage::ResetPassword => (
            "Set a new password",
            plain(&[
                "Somebody, probably you, asked for a new password for your account. The link works once, for 30 minutes.",
            ]),
            "Choose a new password",
            Some("If it was not you, ignore this mail: your password stays as it is."),
        ),
        MailMessage::LeaveEmail { new_email } => (
            "Confirm the change of your e-mail address",
            vec![format!(
                "Your account is to move from this address to {}. It does when the links in the mails to both \
                 addresses have been used within 24 hours.",
                unlinked(new_email.as_str())
            )],
            "Agree to the change",
            Some(
                "If you did not ask for this, do not use the link, and change your password: somebody knows it.",
            ),
        ),
        MailMessage::TakeEmail => (
            "Confirm your new e-mail address",
            plain(&[
                "Your account is to move to this address. It does when the links in the mails to both addresses, this \
                 one and the one until now, have been used within 24 hours.",
            ]),
            "Confirm the address",
            Some("If you did not ask for this, ignore this mail: nothing happens without you."),
        ),
        MailMessage::EmailChanged { new_email } => (
            "Your e-mail address was changed",
            vec![
                format!("Your account has moved from this address to {}.", unlinked(new_email.as_str())),
                "If it was not you, write to those who run the server.".to_owned(),
            ],
            "",
            None,
        ),
        MailMessage::PasswordChanged => (
            "Your password was changed",
            plain(&[
                "Your account has a new password.",
                "If it was not you, set another one at once: where you log in, ask for a new password.",
            ]),
            "",
            None,
        ),
        MailMessage::ExportReady => (
            "Your archive is ready",
            plain(&["The archive of what belongs to your account can be fetched."]),
            "",
            None,
        ),
        MailMessage::AccountDeletion { erase_at } => (
            "Your account will be erased",
            vec![
                format!("Your account will be erased on {} UTC.", erase_at.format("%-d %B %Y at %H:%M")),
                "Until then you can change your mind: log in, and the account stays.".to_owned(),
            ],
            "",
            None,
        ),
    }
}
