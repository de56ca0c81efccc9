//! Accounts.

use std::fmt;

use serde::{Deserialize, Serialize};
use validator::ValidateEmail;

use crate::{
    FileId, Timestamp, UserId, Violation,
    validation::{line, short_text},
};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a value that was parsed before, as it was stored.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text inside.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text inside, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text;

text!(
    /// An address for mail, in lower case; unique on a server. At most 254 characters (RFC 5321).
    Email
);
text!(
    /// A handle, in lower case; unique on a server. 3 to 32 of `a-z`, `0-9`, `_`, `.`, `-`, starting with a letter or digit.
    Username
);
text!(
    /// The name that others see; 1 to 64 characters.
    DisplayName
);
text!(
    /// What users say about themselves; at most 500 characters.
    Bio
);
text!(
    /// What users say that they are doing; at most 100 characters, in one line.
    StatusText
);
text!(
    /// A time zone's name in the IANA database, such as `Europe/Berlin`.
    TimeZone
);
text!(
    /// A language and what belongs to it, such as `de` or `pt-BR` (BCP 47), in canonical form.
    Locale
);

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// When it is none, by the HTML standard's definition of a valid address.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let email = text.trim().to_lowercase();
        if email.len() <= 254 && email.validate_email() {
            Ok(Self(email))
        } else {
            Err(Violation::new("email", "must be an e-mail address"))
        }
    }
}

impl Username {
    /// Parses a handle; upper case becomes lower case.
    ///
    /// # Errors
    /// When its length or one of its characters is not allowed.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let name = text.trim().to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '-');
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if (3..=32).contains(&name.len()) && starts_well && name.chars().all(allowed) {
            Ok(Self(name))
        } else {
            let rule = "must be 3 to 32 letters, digits, '_', '.' or '-', starting with a letter or digit";
            Err(Violation::new("username", rule))
        }
    }
}

impl DisplayName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        line("display_name", text, 1..=64).map(Self)
    }
}

impl Bio {
    /// Parses a self-description; may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        short_text("bio", text, 0..=500).map(Self)
    }
}

/// A password's hash in the form its hasher writes; never shown, also not by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash.
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// That of an account without a password: no password fits it.
    pub fn none() -> Self {
        Self("!".to_owned())
    }

    /// Whether there is a password that fits it.
    pub fn is_some(&self) -> bool {
        self.0 != "!"
    }

    /// The hash, for the hasher and the store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// What a user may do on the server as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// Runs the server.
    Admin,
    /// The usual.
    Member,
    /// Sees only what they were invited to.
    Guest,
}

impl SystemRole {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }

    /// The role that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Admin, Self::Member, Self::Guest].into_iter().find(|role| role.as_str() == word)
    }
}

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

/// That an account may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// Of what kind.
    pub kind: SuspensionKind,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` for good.
    pub until: Option<Timestamp>,
    /// Why, as its user is told; may be empty.
    pub reason: String,
}

/// Why an account may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspensionKind {
    /// Its user has broken the rules.
    Banned,
    /// Nobody uses it any more.
    Deactivated,
}

impl SuspensionKind {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Deactivated => "deactivated",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Banned, Self::Deactivated].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Suspension {
    /// A ban for good, without a reason.
    pub const fn ban(since: Timestamp) -> Self {
        Self { kind: SuspensionKind::Banned, since, until: None, reason: String::new() }
    }
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
        self.suspension.as_ref().is_some_and(|it| it.until.is_none_or(|until| now < until))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_normalised_to_lower_case() {
        assert_eq!(
            Email::parse(" Ada@Example.ORG ").map(Email::into_string),
            Ok("ada@example.org".to_owned())
        );
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for text in
            ["", "ada", "ada@", "@example.org", "ada@exa mple.org", &format!("{}@x.org", "a".repeat(260))]
        {
            assert!(Email::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn usernames_keep_to_their_alphabet() {
        assert!(Username::parse("Ada.Lovelace-1").is_ok());
        for text in ["", "ab", "_ada", "ada lovelace", "ada\u{0}", "адаада", &"a".repeat(33)] {
            assert!(Username::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_name_can_be_seen_and_reads_as_it_is_written() {
        for text in ["\u{200b}", "\u{feff} \u{ad}", "\u{3164}", "\u{202e}"] {
            assert!(DisplayName::parse(text).is_err(), "{text:?} was accepted");
        }
        let name = DisplayName::parse("\u{202e}Ada\nLovelace").map(DisplayName::into_string);
        assert_eq!(name, Ok("Ada Lovelace".to_owned()));
    }

    #[test]
    fn a_password_hash_is_not_shown_by_debug() {
        assert!(!format!("{:?}", PasswordHash::new("$2b$secret".into())).contains("secret"));
    }
}
