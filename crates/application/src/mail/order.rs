//! What mails are about: what is stored of them until they are sent. No secrets are in here.

use plaza_domain::{Email, MailPurpose, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A mail that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailOrder {
    /// Whose account it is about.
    pub user_id: UserId,
    /// To whom.
    pub to: Email,
    /// What it says.
    pub message: MailMessage,
}

/// What a mail says. A new one is a variant here, and its words in `infrastructure/src/mail/english.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum MailMessage {
    /// Asks for a proof that the address is read by who uses the account.
    VerifyEmail,
    /// Offers to set another password.
    ResetPassword,
    /// Asks at the address until now whether the account may move to another.
    LeaveEmail {
        /// The other address.
        new_email: Email,
    },
    /// Asks at the other address whether the account may move there.
    TakeEmail,
    /// Tells the address until now that the account has moved.
    EmailChanged {
        /// Where to.
        new_email: Email,
    },
    /// Tells that there is another password.
    PasswordChanged,
    /// Tells that an admin has given the account another password.
    PasswordReset,
    /// Tells that logins ask for a second factor from now on.
    SecondFactorEnabled,
    /// Tells that logins ask for a second factor no more.
    SecondFactorDisabled,
    /// Tells that an admin has taken the second factor away.
    SecondFactorReset,
    /// Tells that somebody logged in with a recovery code.
    RecoveryCodeUsed {
        /// How many are left.
        left: u64,
    },
    /// Tells that there are other recovery codes.
    RecoveryCodesRenewed,
    /// Tells that a login of a provider leads into the account.
    IdentityLinked {
        /// What people call the provider.
        provider: String,
    },
    /// Tells that a login of a provider leads into the account no more.
    IdentityUnlinked {
        /// What people call the provider, or what it calls itself.
        provider: String,
    },
    /// Tells that the archive of what belongs to the account can be fetched.
    ExportReady,
    /// Tells that the account will be erased.
    AccountDeletion {
        /// When.
        erase_at: Timestamp,
    },
    /// Tells that an admin has the account erased.
    AccountDeletionOrdered {
        /// When.
        erase_at: Timestamp,
        /// Why; may be empty.
        reason: String,
        /// Whether a login before then calls it off.
        can_return: bool,
    },
}

impl MailMessage {
    /// What the link in it is for, where there is one.
    pub const fn purpose(&self) -> Option<MailPurpose> {
        match self {
            Self::VerifyEmail => Some(MailPurpose::VerifyEmail),
            Self::ResetPassword => Some(MailPurpose::ResetPassword),
            Self::LeaveEmail { .. } => Some(MailPurpose::LeaveEmail),
            Self::TakeEmail => Some(MailPurpose::TakeEmail),
            Self::EmailChanged { .. }
            | Self::PasswordChanged
            | Self::PasswordReset
            | Self::SecondFactorEnabled
            | Self::SecondFactorDisabled
            | Self::SecondFactorReset
            | Self::RecoveryCodeUsed { .. }
            | Self::RecoveryCodesRenewed
            | Self::IdentityLinked { .. }
            | Self::IdentityUnlinked { .. }
            | Self::ExportReady
            | Self::AccountDeletion { .. }
            | Self::AccountDeletionOrdered { .. } => None,
        }
    }
}
