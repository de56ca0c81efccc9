//! Blocks: who wants to hear nothing from whom.

use async_trait::async_trait;

use super::Result;
use crate::{Block, BlockedUser, UserId, UserPair};

/// Stores blocks.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait BlockRepository: Send {
    /// Stores a block; one that is there stays as it is.
    async fn insert(&mut self, block: &Block) -> Result<()>;

    /// Takes a block back, if there is one.
    async fn delete(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<()>;

    /// Whom a user has blocked, by rising id of the blocked, those after `after`, at most `limit`.
    async fn list(
        &mut self,
        blocker_id: UserId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<BlockedUser>>;

    /// Whether the first has blocked the second.
    async fn exists(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<bool>;

    /// Whether one of the two has blocked the other.
    async fn exists_between(&mut self, users: UserPair) -> Result<bool>;

    /// The pairs between which a block stands and of which one is among these users, in one query, at most `limit`.
    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>>;

    /// Those of these pairs of which one has blocked the other, each once, in one query.
    async fn among(&mut self, pairs: &[UserPair]) -> Result<Vec<UserPair>>;
}
