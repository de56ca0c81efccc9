//! Accounts that are erased, and what hangs on them.

use async_trait::async_trait;

use super::Result;
use crate::{DueErasure, FileId, RoomId, Timestamp, UserId};

/// Finds what an account leaves behind, a bounded amount at a time, and removes what concerns nobody else.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ErasureRepository: Send {
    /// The accounts whose time to be erased has come, also those whose erasure has begun and is not done: those that
    /// have waited longest first, after that one, at most `limit`.
    async fn due(&mut self, now: Timestamp, after: Option<DueErasure>, limit: u64)
    -> Result<Vec<DueErasure>>;

    /// The server's admins who are neither suspended nor to be erased, by rising id. None of them stops being one before
    /// this transaction ends, and nobody else changes `target`, who is locked in the same order, so that no two who do
    /// this wait for each other.
    async fn lock_admins(&mut self, target: UserId) -> Result<Vec<UserId>>;

    /// The rooms that the user is in now, but for direct rooms, by rising id, those after `after`, at most `limit`.
    async fn rooms(&mut self, user_id: UserId, after: Option<RoomId>, limit: u64) -> Result<Vec<RoomId>>;

    /// Who is in the room now beside the user and comes first there: who is neither suspended nor to be erased before
    /// others, then by role, and then by how long they have been in it.
    async fn heir(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<UserId>>;

    /// The uploads of a user that were not deleted, by rising id, those after `after`, at most `limit`.
    async fn files(&mut self, user_id: UserId, after: Option<FileId>, limit: u64) -> Result<Vec<FileId>>;

    /// Removes at most `limit` rows each of what is the user's alone: sessions, links in mails, identities, second
    /// factors, the handles they had, friendships, blocks in both directions, when they read, which threads they follow.
    /// When they were last seen is forgotten, and their cursors are shown to nobody. Returns how many rows there were.
    async fn forget(&mut self, user_id: UserId, limit: u64) -> Result<u64>;
}
