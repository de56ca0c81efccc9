//! What users may do on the server as a whole.

use serde::{Deserialize, Serialize};

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
