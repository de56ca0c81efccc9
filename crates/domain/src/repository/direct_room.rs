//! Direct rooms: which two users a room belongs to.

use async_trait::async_trait;

use super::Result;
use crate::{DirectRoom, RoomId, UserId, UserPair, UserSummary};

/// Stores which two users a direct room belongs to. The room itself and its two members are stored as those of any
/// other room.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DirectRoomRepository: Send {
    /// Notes that a room is the direct room of these two.
    ///
    /// # Errors
    /// `Conflict` with `DirectRoomUsers` when they have one.
    async fn insert(&mut self, users: UserPair, room_id: RoomId) -> Result<()>;

    /// The direct room of these two.
    async fn find(&mut self, users: UserPair) -> Result<Option<RoomId>>;

    /// Those of these rooms that are direct, and whether something can be written in them; in one query.
    async fn find_many(&mut self, room_ids: &[RoomId]) -> Result<Vec<DirectRoom>>;

    /// For each of these rooms that is a direct room of the viewer's, who the other one is; in one query.
    async fn peers(&mut self, viewer: UserId, room_ids: &[RoomId]) -> Result<Vec<(RoomId, UserSummary)>>;

    /// The direct rooms of these users that have messages which no client of the user's holds yet, at most `limit`,
    /// in one query.
    async fn undelivered(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<(UserId, RoomId)>>;
}
