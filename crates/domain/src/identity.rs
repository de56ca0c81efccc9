//! Accounts at OpenID providers by which users log in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Email, IdentityId, Timestamp, UserId, Violation, user::text};

text!(
    /// Who vouches for somebody: the URL by which an OpenID provider calls itself (OpenID Connect Core 1.0, section 2).
    Issuer
);
text!(
    /// What an OpenID provider calls somebody, for good and by no name of theirs; 1 to 255 characters.
    Subject
);

impl Subject {
    /// Parses what a provider calls somebody. Every letter counts as it is.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if (1..=255).contains(&text.chars().count()) && !text.contains('\0') {
            Ok(Self(text.to_owned()))
        } else {
            Err(Violation::new("sub", "must be 1 to 255 characters long"))
        }
    }
}

/// An account at an OpenID provider by which a user logs in. Provider and subject together name it, and nothing else: an
/// address may be somebody else's tomorrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// Who logs in by it.
    pub user_id: UserId,
    /// Who vouches for it.
    pub issuer: Issuer,
    /// What it is called there.
    pub subject: Subject,
    /// The address that the provider told last, for people to tell it from others.
    pub email: Option<Email>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody logged in by it last, or linked it.
    pub last_used_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_taken_letter_by_letter() {
        assert_eq!(Subject::parse(" Ada ").map(Subject::into_string), Ok(" Ada ".to_owned()));
        for text in ["", "a\0b", &"a".repeat(256)] {
            assert!(Subject::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
