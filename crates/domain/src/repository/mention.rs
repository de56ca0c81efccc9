//! Who is mentioned where.

use async_trait::async_trait;

use super::Result;
use crate::{MemberRole, Mention, MessageId, RoomId, SentMessage, UserId, UserSummary, Username};

/// What decides whether a member may mention everybody in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The room.
    pub room_id: RoomId,
    /// The member.
    pub user_id: UserId,
    /// The member's role.
    pub role: MemberRole,
    /// How many members the room has, as far as was counted.
    pub members: u64,
}

/// Stores mentions.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MentionRepository: Send {
    /// Those who have one of these names and are in its room now, in one query.
    async fn named(&mut self, names: &[(RoomId, Username)]) -> Result<Vec<(RoomId, UserSummary)>>;

    /// Those of the pairs in which the user is in the room now, in one query. Members are counted up to `most`.
    async fn callers(&mut self, pairs: &[(RoomId, UserId)], most: u64) -> Result<Vec<Caller>>;

    /// Stores mentions in one statement.
    async fn insert(&mut self, mentions: &[Mention]) -> Result<()>;

    /// Forgets whom a message mentions.
    async fn delete(&mut self, id: MessageId) -> Result<()>;

    /// The messages that mention the user by name, in rooms that they are in now: by falling id (newest first), those
    /// before `before`, at most `limit`.
    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<MessageId>,
        limit: u64,
    ) -> Result<Vec<SentMessage>>;
}
