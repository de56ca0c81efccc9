//! Logins and the refresh tokens that keep them alive.

use crate::{Device, RefreshTokenId, SessionId, Timestamp, UserId};

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
    /// When it was last used; some minutes may be missing.
    pub last_used_at: Timestamp,
    /// When it ends by itself, unless it is refreshed before.
    pub expires_at: Timestamp,
    /// What it was last refreshed from.
    pub device: Device,
    /// Since when it is over, by logout or because a used refresh token came back.
    pub revoked_at: Option<Timestamp>,
}

/// One link of a session's chain: works once. Of a chain, one token at a time is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: RefreshTokenId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// The token for which it was given; none for the first of a session.
    pub parent_id: Option<RefreshTokenId>,
    /// What it hashes to.
    pub digest: TokenDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was used, or given up for another one.
    pub consumed_at: Option<Timestamp>,
}

impl RefreshToken {
    /// Whether this one, which is not used, may be exchanged by whoever shows `shown`: for itself, or for its
    /// predecessor, whose owner never learned of this one when the answer was lost.
    pub fn is_exchanged_by(&self, shown: &Self) -> bool {
        self.id == shown.id || self.parent_id == Some(shown.id)
    }
}
