//! What links in mails prove: that who follows one reads the mail of an address.

use crate::{Email, TaskId, Timestamp, TokenDigest, UserId};

/// What a link in a mail is for; it is good for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailPurpose {
    /// Proves the address of an account.
    VerifyEmail,
    /// Gives an account another password.
    ResetPassword,
    /// Agrees to a change of address, at the one until now.
    LeaveEmail,
    /// Agrees to a change of address, at the one from then on.
    TakeEmail,
}

impl MailPurpose {
    const ALL: [Self; 4] = [Self::VerifyEmail, Self::ResetPassword, Self::LeaveEmail, Self::TakeEmail];

    /// The word for it in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::LeaveEmail => "leave_email",
            Self::TakeEmail => "take_email",
        }
    }

    /// The purpose that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// That of the link which the other address of a change is sent.
    pub const fn other_side(self) -> Option<Self> {
        match self {
            Self::LeaveEmail => Some(Self::TakeEmail),
            Self::TakeEmail => Some(Self::LeaveEmail),
            Self::VerifyEmail | Self::ResetPassword => None,
        }
    }
}

/// A link in a mail. It works once; a user has at most one for each purpose, the one that was ordered last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailToken {
    /// The task that sends it.
    pub task_id: TaskId,
    /// For whose account.
    pub user_id: UserId,
    /// For what.
    pub purpose: MailPurpose,
    /// The SHA-256 of what is in the link; nothing else of it is kept.
    pub digest: TokenDigest,
    /// The address that it is about: the account's, or the new one of a change.
    pub email: Email,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl MailToken {
    /// Whether it works at that time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_read_as_it_was_written() {
        for purpose in MailPurpose::ALL {
            assert_eq!(MailPurpose::parse(purpose.as_str()), Some(purpose));
        }
        assert_eq!(MailPurpose::parse("anything"), None);
    }

    #[test]
    fn the_sides_of_a_change_are_each_others() {
        let sides = MailPurpose::ALL.into_iter().filter_map(|side| Some((side, side.other_side()?)));
        assert!(sides.clone().all(|(side, other)| other != side && other.other_side() == Some(side)));
        assert_eq!(sides.count(), 2);
    }
}
