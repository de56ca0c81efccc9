//! What there is about a user, for an archive of it.

use async_trait::async_trait;

use super::Result;
use crate::{Emoji, FileId, Member, Message, MessageId, Room, RoomId, Seq, Timestamp, UserId};

/// A part of a room's history: the places after the first, up to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The room.
    pub room_id: RoomId,
    /// Not this place itself.
    pub after: Seq,
    /// The last place.
    pub through: Seq,
}

/// Reads what there is about a user, in parts that each cost a bounded amount.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ExportRepository: Send {
    /// The rooms that the user is or was in, also deleted ones, each with the membership: by rising id, those after
    /// `after`, at most `limit`.
    async fn rooms(
        &mut self,
        user_id: UserId,
        after: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<(Room, Member)>>;

    /// What the user wrote in a part of a room's history, by rising `seq`.
    async fn messages(&mut self, user_id: UserId, stretch: Stretch) -> Result<Vec<Message>>;

    /// How the user reacted to messages in a part of a room's history.
    async fn reactions(
        &mut self,
        user_id: UserId,
        stretch: Stretch,
    ) -> Result<Vec<(MessageId, Emoji, Timestamp)>>;

    /// The archives of a user that were not deleted; there is one at most, or two for a moment.
    async fn archives_of(&mut self, user_id: UserId) -> Result<Vec<FileId>>;

    /// Archives that were made before a time and not deleted, the oldest first, at most `limit`.
    async fn archives(&mut self, before: Timestamp, limit: u64) -> Result<Vec<FileId>>;
}
