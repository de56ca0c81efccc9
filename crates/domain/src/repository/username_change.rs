//! Which handles accounts had.

use async_trait::async_trait;

use super::Result;
use crate::{Timestamp, UserId, Username, UsernameChange, UsernameChangeId};

/// Stores which handles accounts had, and for whom each is kept.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UsernameChangeRepository: Send {
    /// Stores a change, and keeps the handle before it for its user.
    ///
    /// # Errors
    /// `Conflict` when that handle is kept for somebody already.
    async fn insert(&mut self, change: &UsernameChange) -> Result<()>;

    /// Ends that a handle is kept for the user themselves, or by a change before `expired`; false when it is kept for
    /// somebody else. To be asked after the account was stored with that handle, by which it waits for whoever gives it
    /// up at the same moment.
    async fn claim(&mut self, username: &Username, user_id: UserId, expired: Timestamp) -> Result<bool>;

    /// A user's changes, the newest first: those before `before`, at most `limit`.
    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<UsernameChangeId>,
        limit: u64,
    ) -> Result<Vec<UsernameChange>>;
}
