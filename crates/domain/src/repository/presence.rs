//! Who may see whether users are there, and when they last were.

use async_trait::async_trait;

use super::Result;
use crate::{MemberProfile, RoomId, Timestamp, UserId};

/// When a user was last seen, for somebody who may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The user.
    pub user_id: UserId,
    /// When; `None` when they were never connected.
    pub last_seen_at: Option<Timestamp>,
}

/// A member, and when they were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMember {
    /// The member.
    pub profile: MemberProfile,
    /// When; `None` when they were never connected.
    pub last_seen_at: Option<Timestamp>,
    /// Whether a block stands between them and who looks, who may then not know whether they are there.
    pub is_blocked: bool,
}

/// Reads who may see whom, and stores when users were last seen.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PresenceRepository: Send {
    /// Those of the users who are in a room with the viewer now or are their friends, and the viewer if they are among
    /// them, but nobody who has blocked the viewer or was blocked by them; in one query, in any order.
    async fn visible_to(&mut self, viewer: UserId, user_ids: &[UserId]) -> Result<Vec<Sighting>>;

    /// The members who are in the room now, as the viewer may see them, by rising user id; none where there are more
    /// than `most`, which costs no more than to count so far.
    async fn seen_members(&mut self, room_id: RoomId, viewer: UserId, most: u64) -> Result<Vec<SeenMember>>;

    /// In which rooms of at most `max_members` members these users are now; in one query, in any order, at most
    /// `limit` pairs.
    async fn small_rooms(
        &mut self,
        user_ids: &[UserId],
        max_members: u64,
        limit: u64,
    ) -> Result<Vec<(UserId, RoomId)>>;

    /// Notes that these users were there at that time, unless they are known to have been there later.
    async fn saw(&mut self, user_ids: &[UserId], at: Timestamp) -> Result<()>;
}
