//! Codes that let people register.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    InvitationId, SystemRole, Timestamp, TokenDigest, UserId, Violation, user::text, validation::line,
};

text!(
    /// What an invitation is for, as its maker notes it; at most 100 characters, in one line.
    InvitationNote
);

impl InvitationNote {
    /// Parses a note; may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        line("note", text, 0..=100).map(Self)
    }
}

/// A code that lets people register, of which only the digest is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The digest of its code.
    pub digest: TokenDigest,
    /// What it is for.
    pub note: InvitationNote,
    /// What those are on the server who register with it: members or guests.
    pub role: SystemRole,
    /// Who made it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// How often it works.
    pub max_uses: u32,
    /// How often it has worked.
    pub uses: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Since when it works no more, because somebody wanted so.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether somebody may register with it at that time.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && self.uses < self.max_uses
    }
}
