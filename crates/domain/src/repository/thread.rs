//! Threads and who follows them.

use async_trait::async_trait;

use super::{HistoryRange, Result};
use crate::{
    FollowedThread, Follower, Message, MessageId, RoomId, SentMessage, Seq, ThreadPosition, ThreadRoot,
    Timestamp, UserId,
};

/// Stores what threads add to messages.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ThreadRepository: Send {
    /// The first message of the thread that each of these messages is in, or would begin; in one query.
    async fn roots(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, ThreadRoot)>>;

    /// Stores `reply_count`, `last_reply_at` and `version` of these messages in one statement.
    async fn update_counts(&mut self, roots: &[Message]) -> Result<()>;

    /// When the newest reply that is not deleted was posted.
    async fn last_reply_at(&mut self, id: MessageId) -> Result<Option<Timestamp>>;

    /// A part of the replies to a message, by rising `seq`, at most `limit`.
    async fn replies(&mut self, id: MessageId, range: HistoryRange, limit: u64) -> Result<Vec<SentMessage>>;

    /// Stores these followers in one statement, each unless there is one of that thread and user.
    async fn add_followers(&mut self, followers: &[Follower]) -> Result<()>;

    /// The user's relation to a thread.
    async fn find_follower(&mut self, id: MessageId, user_id: UserId) -> Result<Option<Follower>>;

    /// Stores whether a user follows a thread. `read_seq` is written only when it is new.
    async fn save_follower(&mut self, follower: &Follower) -> Result<()>;

    /// Moves a follower's `read_seq` forward, never back; false when it was there already or there is no follower.
    async fn advance_read(&mut self, id: MessageId, user_id: UserId, seq: Seq) -> Result<bool>;

    /// The threads with replies that the user follows, of rooms that they are in now, of one room or of all: those
    /// with the latest reply first, after `after`, at most `limit`; in one query.
    async fn list_followed(
        &mut self,
        user_id: UserId,
        room_id: Option<RoomId>,
        after: Option<ThreadPosition>,
        limit: u64,
    ) -> Result<Vec<FollowedThread>>;
}
