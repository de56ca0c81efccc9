//! Rooms and their counters.

use async_trait::async_trait;

use super::Result;
use crate::{Member, Room, RoomEpoch, RoomId, Seq, Timestamp, UserId, Version};

/// By how much a room's counters are to be raised. A message is also a change, and counted in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The room.
    pub room_id: RoomId,
    /// For how many messages.
    pub messages: i64,
    /// For how many changes.
    pub changes: i64,
    /// The room is left out when it is no longer in that epoch; `None` when it does not matter.
    pub epoch: Option<RoomEpoch>,
}

impl Advance {
    /// Whatever has changed in the room.
    pub const fn new(room_id: RoomId, messages: i64, changes: i64) -> Self {
        Self { room_id, messages, changes, epoch: None }
    }
}

/// A room's counters after they were raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// The place of the newest message.
    pub last_seq: Seq,
    /// The newest change.
    pub version: Version,
}

/// Which rooms to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomFilter {
    /// Those the user is in.
    Mine,
    /// Those the user is in, and every public one.
    Visible,
}

/// Stores rooms. A deleted room is as good as absent for every method but `find_deleted`.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RoomRepository: Send {
    /// Stores a new room.
    async fn insert(&mut self, room: &Room) -> Result<()>;

    /// The room with that id.
    async fn find(&mut self, id: RoomId) -> Result<Option<Room>>;

    /// The room with that id, and the user's membership of it, also one that ended; in one query, so both are of the
    /// same moment.
    async fn find_with_member(
        &mut self,
        id: RoomId,
        user_id: UserId,
    ) -> Result<Option<(Room, Option<Member>)>>;

    /// The room with that id, if it was deleted.
    async fn find_deleted(&mut self, id: RoomId) -> Result<Option<Room>>;

    /// Rooms by falling id (newest first), those before `before`, at most `limit`.
    async fn list(
        &mut self,
        user_id: UserId,
        filter: RoomFilter,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<Room>>;

    /// Stores a room's name, description, privacy, `details_version` and `updated_at`.
    ///
    /// # Errors
    /// `NotFound` when there is no such room.
    async fn update_details(&mut self, room: &Room) -> Result<()>;

    /// Deletes a room: it keeps its row and is found no more.
    ///
    /// # Errors
    /// `NotFound` when there is no such room.
    async fn delete(&mut self, id: RoomId, at: Timestamp) -> Result<()>;

    /// Makes place for `messages` messages and `changes` changes (a message is also a change, and counted in both):
    /// raises the counters in one statement and returns what they are then. Locks the room until the transaction
    /// ends, which is what makes its sequence gapless.
    ///
    /// # Errors
    /// `NotFound` when there is no such room.
    async fn advance(&mut self, id: RoomId, messages: i64, changes: i64) -> Result<Counters>;

    /// Raises the counters of several rooms as `advance` does, in one statement, each room once; rooms that are not
    /// there, or no longer in the epoch that is asked for, are left out. Rooms are locked in the order of their ids: two
    /// who call this never wait for each other. Who was waited for is heeded: an epoch is looked at once the room is
    /// locked.
    async fn advance_many(&mut self, advances: &[Advance]) -> Result<Vec<(RoomId, Counters)>>;

    /// The newest change of each of these rooms, in one query; deleted and unknown rooms are left out.
    async fn versions(&mut self, ids: &[RoomId]) -> Result<Vec<(RoomId, Version)>>;
}
