//! Reactions to messages.

use async_trait::async_trait;

use super::Result;
use crate::{Emoji, MessageId, Reaction, ReactionEntry, Timestamp, UserId};

/// Stores reactions: one for each user, message and emoji.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ReactionRepository: Send {
    /// Stores a reaction; false when it was there before.
    async fn insert(
        &mut self,
        message_id: MessageId,
        user_id: UserId,
        emoji: &Emoji,
        at: Timestamp,
    ) -> Result<bool>;

    /// Removes a reaction; false when there was none.
    async fn delete(&mut self, message_id: MessageId, user_id: UserId, emoji: &Emoji) -> Result<bool>;

    /// The reactions to a message, by emoji, in the order in which each was first used.
    async fn find_all(&mut self, message_id: MessageId) -> Result<Vec<Reaction>>;

    /// Who reacted to a message with what, by user and emoji: those after `after`, at most `limit`.
    async fn list(
        &mut self,
        message_id: MessageId,
        after: Option<(UserId, Emoji)>,
        limit: u64,
    ) -> Result<Vec<ReactionEntry>>;
}
