//! Logins and the refresh tokens that keep them alive.

use crate::{RefreshTokenId, SessionId, Timestamp, UserId};

/// The SHA-256 of an opaque token; the token itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenDigest(***)")
    }
}

/// One login of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id; the `sid` claim of access tokens.
    pub id: SessionId,
    /// Whose login it is.
    pub user_id: UserId,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Timestamp,
    /// Since when it is over, by logout or because a used refresh token came back.
    pub revoked_at: Option<Timestamp>,
}

/// One link of a session's chain: works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: RefreshTokenId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// What it hashes to.
    pub digest: TokenDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was used.
    pub consumed_at: Option<Timestamp>,
}
