//! Mails in English.

use plaza_application::{mail::MailMessage, ports::Letter};
use plaza_domain::Timestamp;

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
        MailMessage::PasswordReset => (
            "Your password was changed by an admin",
            plain(&[
                "Those who run the server have given your account a new password. All your sessions have ended, and logins \
                 of other providers are unlinked.",
                "If you do not know the password, ask for another one where you log in.",
            ]),
            "",
            None,
        ),
        MailMessage::SecondFactorEnabled => (
            "Two factors are on",
            plain(&[
                "Whoever logs in to your account is asked for a code of your authenticator from now on. All your other \
                 sessions have ended.",
                "If it was not you, write to those who run the server: somebody knows your password.",
            ]),
            "",
            None,
        ),
        MailMessage::SecondFactorDisabled => (
            "Two factors are off",
            plain(&[
                "Whoever logs in to your account is asked for the password only, and for no code any more.",
                "If it was not you, set another password at once, and two factors anew.",
            ]),
            "",
            None,
        ),
        MailMessage::SecondFactorReset => (
            "Two factors were taken off by an admin",
            plain(&[
                "Those who run the server have taken the second factor off your account, and ended all your sessions.",
                "If you did not ask them for it, set another password at once, and two factors anew.",
            ]),
            "",
            None,
        ),
        MailMessage::RecoveryCodeUsed { left } => (
            "A recovery code was used",
            vec![
                format!("Somebody, probably you, has logged in to your account with a recovery code. {}", codes(*left)),
                "If it was not you, set another password at once, and make new recovery codes: somebody has yours."
                    .to_owned(),
            ],
            "",
            None,
        ),
        MailMessage::RecoveryCodesRenewed => (
            "Your recovery codes are new",
            plain(&[
                "There are new recovery codes for your account. Those before work no more.",
                "If it was not you, set another password at once, and two factors anew.",
            ]),
            "",
            None,
        ),
        MailMessage::IdentityLinked { provider } => (
            "A login was linked to your account",
            vec![
                format!("Your account can be entered by a login at {} from now on.", unlinked(provider)),
                "If it was not you, set another password at once, and unlink the login.".to_owned(),
            ],
            "",
            None,
        ),
        MailMessage::IdentityUnlinked { provider } => (
            "A login was unlinked from your account",
            vec![
                format!("Your account can no more be entered by a login at {}.", unlinked(provider)),
                "If it was not you, set another password at once, and link the login again.".to_owned(),
            ],
            "",
            None,
        ),
        MailMessage::ExportReady => (
            "Your archive is ready",
            plain(&["The archive of what belongs to your account can be fetched."]),
            "",
            None,
        ),
        MailMessage::AccountDeletionOrdered { erase_at, reason, can_return } => (
            "Your account will be erased by an admin",
            ordered_deletion(*erase_at, reason, *can_return),
            "",
            None,
        ),
        MailMessage::AccountDeletion { erase_at } => (
            "Your account will be erased",
            vec![
                format!("Your account will be erased on {}.", day(*erase_at)),
                "Until then you can change your mind: log in, and the account stays.".to_owned(),
            ],
            "",
            None,
        ),
    }
}

fn codes(left: u64) -> String {
    match left {
        0 => "None is left: make new ones before you need one.".to_owned(),
        1 => "One is left: make new ones before you need more.".to_owned(),
        _ => format!("{left} are left."),
    }
}

fn ordered_deletion(erase_at: Timestamp, reason: &str, can_return: bool) -> Vec<String> {
    let mut paragraphs = vec![format!(
        "Those who run the server have your account erased on {}, or soon after.",
        day(erase_at)
    )];
    if !reason.is_empty() {
        paragraphs.push(format!("They say: {}", unlinked(reason)));
    }
    if can_return {
        paragraphs.push("Until then a login calls it off.".to_owned());
    }
    paragraphs
}

fn day(at: Timestamp) -> String {
    format!("{} UTC", at.format("%-d %B %Y at %H:%M"))
}
