//! Messages.

use async_trait::async_trait;

use super::Result;
use crate::{ClientId, Message, MessageId, RoomId, SentMessage, Seq, UserId, Version};

/// Which part of a room's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRange {
    /// The newest messages.
    Newest,
    /// The messages just before that place.
    Before(Seq),
    /// The messages just after that place.
    After(Seq),
}

impl HistoryRange {
    /// Brings a page, by rising `seq`, of which one more was read than is shown, to `limit`; and tells whether there is
    /// more. The one too many is the one farthest from where the page begins.
    pub fn cut<T>(self, mut page: Vec<T>, limit: u64) -> (Vec<T>, bool) {
        let has_more = page.len() as u64 > limit;
        if has_more {
            match self {
                Self::After(_) => drop(page.pop()),
                Self::Newest | Self::Before(_) => drop(page.remove(0)),
            }
        }
        (page, has_more)
    }
}

/// Stores messages. Tombstones are messages too: they keep their place.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MessageRepository: Send {
    /// Stores new messages, as drafts become them: what only later changes give a message (replies, reactions, a pin,
    /// an edit, a deletion) is not stored. The caller has looked up the room and the sender, and locked the room by
    /// raising its counters: not every database looks again.
    ///
    /// # Errors
    /// `Conflict` with `MessageClientId` when a sender's client id was used before.
    async fn insert(&mut self, messages: &[Message]) -> Result<()>;

    /// The message with that id.
    async fn find(&mut self, id: MessageId) -> Result<Option<SentMessage>>;

    /// Those of these messages that exist, in one query.
    async fn find_many(&mut self, ids: &[MessageId]) -> Result<Vec<SentMessage>>;

    /// Those of these messages that exist, with their rooms; in one query.
    async fn rooms_of(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, RoomId)>>;

    /// The messages that these senders sent under these names, in one query.
    async fn find_by_client_ids(&mut self, keys: &[(UserId, ClientId)]) -> Result<Vec<SentMessage>>;

    /// A part of a room's history, by rising `seq`, at most `limit`.
    async fn history(&mut self, room_id: RoomId, range: HistoryRange, limit: u64)
    -> Result<Vec<SentMessage>>;

    /// The messages that changed after `since`, by rising version, at most `limit`.
    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<SentMessage>>;

    /// The version at which the message in that place was posted; zero when there is none.
    async fn version_at(&mut self, room_id: RoomId, seq: Seq) -> Result<Version>;

    /// Stores everything of a message that can change.
    ///
    /// # Errors
    /// `NotFound` when there is no such message.
    async fn update(&mut self, message: &Message) -> Result<()>;

    /// Forgets what a message said before its edits, the reactions to it, and whom it mentioned: it was taken back.
    async fn forget(&mut self, id: MessageId) -> Result<()>;
}
