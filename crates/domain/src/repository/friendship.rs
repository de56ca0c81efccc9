//! Friendships: one row for each two users, whoever of them asked.

use async_trait::async_trait;

use super::Result;
use crate::{Friend, FriendRequest, Friendship, RequestDirection, RequestPosition, UserId, UserPair};

/// Stores what users are to each other.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FriendshipRepository: Send {
    /// What these two are to each other; noted as nothing when nothing is known. Nobody else changes it until the
    /// transaction ends, also not from nothing: of all who come at the same time, each sees what the one before wrote.
    ///
    /// # Errors
    /// `Conflict` with `ForeignKey` when one of them does not exist.
    async fn claim(&mut self, users: UserPair) -> Result<Friendship>;

    /// What these two are to each other, which nobody else changes until the transaction ends; `None` when nothing is
    /// known.
    async fn lock(&mut self, users: UserPair) -> Result<Option<Friendship>>;

    /// What these two are to each other; `None` when nothing is known.
    async fn find(&mut self, users: UserPair) -> Result<Option<Friendship>>;

    /// Stores what was claimed or locked, and then changed.
    ///
    /// # Errors
    /// `NotFound` when nothing is known of the two.
    async fn update(&mut self, friendship: &Friendship) -> Result<()>;

    /// A user's friends by rising id, those after `after`, at most `limit`.
    async fn list(&mut self, user_id: UserId, after: Option<UserId>, limit: u64) -> Result<Vec<Friend>>;

    /// The open requests to a user that they see, or by a user, those made before `before`, the newest first, at most
    /// `limit`.
    async fn requests(
        &mut self,
        user_id: UserId,
        direction: RequestDirection,
        before: Option<RequestPosition>,
        limit: u64,
    ) -> Result<Vec<FriendRequest>>;

    /// How many friends a user has, counted up to `limit`.
    async fn count(&mut self, user_id: UserId, limit: u64) -> Result<u64>;

    /// How many open requests a user has made, counted up to `limit`.
    async fn count_outgoing(&mut self, user_id: UserId, limit: u64) -> Result<u64>;

    /// The pairs of friends of which one is among these users, each once, at most `limit`; in one query.
    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>>;
}
