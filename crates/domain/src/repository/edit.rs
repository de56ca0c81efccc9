//! What messages said before they were edited.

use async_trait::async_trait;

use super::Result;
use crate::{MessageEdit, MessageId, Version};

/// Stores what messages said before their edits.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EditRepository: Send {
    /// Stores what a message said before an edit.
    async fn insert(&mut self, edit: &MessageEdit) -> Result<()>;

    /// What a message said before its edits, the newest first: those before the version `before`, at most `limit`.
    async fn list(
        &mut self,
        message_id: MessageId,
        before: Option<Version>,
        limit: u64,
    ) -> Result<Vec<MessageEdit>>;

    /// Forgets all but the newest `keep` of them.
    async fn trim(&mut self, message_id: MessageId, keep: u64) -> Result<()>;
}
