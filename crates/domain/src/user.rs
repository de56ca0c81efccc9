//! Accounts.

mod erasure;
mod password;
mod place;
mod role;
mod suspension;
mod words;

use serde::{Deserialize, Serialize};

pub(crate) use self::words::text;
pub use self::{
    erasure::DueErasure,
    password::PasswordHash,
    place::{Locale, TimeZone},
    role::SystemRole,
    suspension::{Suspension, SuspensionKind},
    words::{Bio, DisplayName, Email, StatusText, Username},
};
use crate::{FileId, Timestamp, UserId};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its address; shown to its owner and to admins only.
    pub email: Email,
    /// Its handle.
    pub username: Username,
    /// Its name.
    pub display_name: DisplayName,
    /// Its self-description.
    pub bio: Bio,
    /// Its picture.
    pub avatar_file_id: Option<FileId>,
    /// What it may do on the server.
    pub role: SystemRole,
    /// Its password.
    pub password_hash: PasswordHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What its user says that they are doing; may be empty.
    pub status_text: StatusText,
    /// Where its user is, for what is told by mail.
    pub time_zone: TimeZone,
    /// In which language its user is written to.
    pub locale: Locale,
    /// When its address was last confirmed; `None` while nobody has.
    pub email_verified_at: Option<Timestamp>,
    /// That it may not be used, and why.
    pub suspension: Option<Suspension>,
    /// When it is erased, as its user wants; until then they may change their mind.
    pub erase_at: Option<Timestamp>,
    /// When its personal data was erased: it only stands for who wrote what is left.
    pub erased_at: Option<Timestamp>,
}

impl User {
    /// A member's account as it is made, with what has no choice yet.
    pub fn new(
        id: UserId,
        email: Email,
        username: Username,
        display_name: DisplayName,
        password_hash: PasswordHash,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            email,
            username,
            display_name,
            bio: Bio::from_stored(String::new()),
            avatar_file_id: None,
            role: SystemRole::Member,
            password_hash,
            created_at: now,
            updated_at: now,
            status_text: StatusText::from_stored(String::new()),
            time_zone: TimeZone::from_stored("UTC".to_owned()),
            locale: Locale::from_stored("en".to_owned()),
            email_verified_at: None,
            suspension: None,
            erase_at: None,
            erased_at: None,
        }
    }

    /// Whether it may not be used at that time.
    pub fn is_suspended(&self, now: Timestamp) -> bool {
        let suspended = self.suspension.as_ref().is_some_and(|it| !it.is_over(now));
        suspended || self.is_given_up(now)
    }

    /// Whether it is an admin's account that is neither suspended nor to be erased.
    pub fn is_lasting_admin(&self) -> bool {
        self.role == SystemRole::Admin && self.suspension.is_none() && self.erase_at.is_none()
    }

    /// What others see next to a message.
    pub fn summary(&self) -> UserSummary {
        UserSummary { id: self.id, username: self.username.clone(), display_name: self.display_name.clone() }
    }
}

/// How a user wants things to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Whether others learn how far they have read, and what reached them.
    pub shows_receipts: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { shows_receipts: true }
    }
}

/// The part of a user that is shown with what they wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    /// The user's id.
    pub id: UserId,
    /// The user's handle.
    pub username: Username,
    /// The user's name.
    pub display_name: DisplayName,
}
