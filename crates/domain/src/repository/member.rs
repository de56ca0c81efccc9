//! Who is in which room.

use async_trait::async_trait;

use super::Result;
use crate::{
    Member, MemberProfile, Mute, RoomEpoch, RoomId, RoomKind, Seq, UserId, UserPair, UserSummary, Version,
};

/// Somebody who may post in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The room.
    pub room_id: RoomId,
    /// What the room belongs to.
    pub kind: RoomKind,
    /// The user.
    pub user: UserSummary,
    /// The room's epoch at that moment.
    pub epoch: RoomEpoch,
}

/// Stores memberships.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MemberRepository: Send {
    /// The user's membership of the room, also one that ended.
    async fn find(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<Member>>;

    /// The user's membership with the user.
    async fn find_profile(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<MemberProfile>>;

    /// Stores a membership, new or changed. Cursors (`delivered_seq`, `read_seq`) are written only when it is new.
    async fn save(&mut self, member: &Member) -> Result<()>;

    /// The members who are in the room now, by rising user id, those after `after`, at most `limit`.
    async fn list(
        &mut self,
        room_id: RoomId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<MemberProfile>>;

    /// The memberships that changed after `since`, also ended ones, by rising version, at most `limit`.
    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<MemberProfile>>;

    /// How many owners the room has now.
    async fn count_owners(&mut self, room_id: RoomId) -> Result<u64>;

    /// Those of the pairs in which the user is in the room now, the room exists, and the user is not disabled;
    /// in one query.
    async fn senders(&mut self, pairs: &[(RoomId, UserId)]) -> Result<Vec<Sender>>;

    /// Whether there is a room that both are in now.
    async fn share_room(&mut self, users: UserPair) -> Result<bool>;

    /// The rooms that the user is in now, at most `limit`.
    async fn rooms_of(&mut self, user_id: UserId, limit: u64) -> Result<Vec<RoomId>>;

    /// Notes that the user wants to be left alone by the room, or no more; false when they are not in it.
    async fn mute(&mut self, room_id: RoomId, user_id: UserId, mute: Option<Mute>) -> Result<bool>;

    /// Moves the user's `read_seq` (and with it `delivered_seq`) forward, never back; false when it was there already.
    async fn advance_read(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool>;

    /// Those of these rooms that the user is in now and in which less is delivered than what was there at that version,
    /// with the place of the last message then; in one query.
    async fn undelivered(
        &mut self,
        user_id: UserId,
        seen: &[(RoomId, Version)],
    ) -> Result<Vec<(RoomId, Seq)>>;

    /// Moves the user's `delivered_seq` forward, never back; false when it was there already.
    async fn advance_delivered(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool>;
}
