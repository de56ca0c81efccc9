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

    /// A login, which nobody else refreshes or ends until the transaction ends.
    async fn lock(&mut self, id: SessionId) -> Result<Option<Session>>;

    /// The logins of a user that are not over at `now`: by falling id (newest first), those before `before`, at most
    /// `limit`.
    async fn list(
        &mut self,
        user_id: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: u64,
    ) -> Result<Vec<Session>>;

    /// Ends a login; false when it had ended before.
    async fn revoke(&mut self, id: SessionId, at: Timestamp) -> Result<bool>;

    /// Ends every login of a user but `except`; how many had not ended before.
    async fn revoke_all(&mut self, user_id: UserId, except: Option<SessionId>, at: Timestamp) -> Result<u64>;

    /// Stores what a refresh changes about a login: its times and its device.
    async fn renew(&mut self, session: &Session) -> Result<()>;

    /// Notes that logins were used, in one statement; what was used later stays so.
    async fn note_uses(&mut self, ids: &[SessionId], at: Timestamp) -> Result<()>;

    /// Stores a new refresh token.
    ///
    /// # Errors
    /// `Conflict` when the login has one that is not used.
    async fn insert_token(&mut self, token: &RefreshToken) -> Result<()>;

    /// The refresh token that hashes to `digest`.
    async fn find_token(&mut self, digest: TokenDigest) -> Result<Option<RefreshToken>>;

    /// The one refresh token of a login that is not used.
    async fn find_live_token(&mut self, session_id: SessionId) -> Result<Option<RefreshToken>>;

    /// Uses a refresh token up, in one conditional update; false when it was used before.
    async fn consume_token(&mut self, id: RefreshTokenId, at: Timestamp) -> Result<bool>;

    /// Removes refresh tokens that expired before then, and logins that were over by then, with theirs. At most `limit`
    /// of either; returns how many of both there were.
    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64>;
}
