//! Logins and their refresh tokens.

use async_trait::async_trait;

use super::Result;
use crate::{RefreshToken, RefreshTokenId, Session, SessionId, Timestamp, TokenDigest, User, UserId};

/// Stores logins.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send {
    /// Stores a new login.
    async fn insert(&mut self, session: &Session) -> Result<()>;

    /// A login and whose it is.
    async fn find_with_user(&mut self, id: SessionId) -> Result<Option<(Session, User)>>;

    /// Ends a login; false when it had ended before.
    async fn revoke(&mut self, id: SessionId, at: Timestamp) -> Result<bool>;

    /// Ends every login of a user but `except`; how many had not ended before.
    async fn revoke_all(&mut self, user_id: UserId, except: Option<SessionId>, at: Timestamp) -> Result<u64>;

    /// Notes that a login was refreshed.
    async fn touch(&mut self, id: SessionId, at: Timestamp) -> Result<()>;

    /// Stores a new refresh token.
    async fn insert_token(&mut self, token: &RefreshToken) -> Result<()>;

    /// The refresh token that hashes to `digest`.
    async fn find_token(&mut self, digest: TokenDigest) -> Result<Option<RefreshToken>>;

    /// Uses a refresh token up, in one conditional update; false when it was used before.
    async fn consume_token(&mut self, id: RefreshTokenId, at: Timestamp) -> Result<bool>;
}
