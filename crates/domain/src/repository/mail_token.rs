//! What links in mails prove.

use async_trait::async_trait;

use super::Result;
use crate::{MailPurpose, MailToken, TaskId, Timestamp, TokenDigest, UserId};

/// Stores links in mails. Whoever orders one for a user, or uses one, locks the user first.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MailTokenRepository: Send {
    /// Stores a link in place of the user's former one for the same purpose.
    async fn replace(&mut self, token: &MailToken) -> Result<()>;

    /// The link that a task sends.
    async fn find(&mut self, task_id: TaskId) -> Result<Option<MailToken>>;

    /// The link with that digest.
    async fn find_by_digest(&mut self, digest: TokenDigest) -> Result<Option<MailToken>>;

    /// The user's link for a purpose.
    async fn find_for(&mut self, user_id: UserId, purpose: MailPurpose) -> Result<Option<MailToken>>;

    /// Uses a link up; false when it was used before, has expired by `at`, or is not there any more.
    async fn consume(&mut self, task_id: TaskId, at: Timestamp) -> Result<bool>;

    /// Forgets all links of a user: none of them works any more.
    async fn void(&mut self, user_id: UserId) -> Result<()>;

    /// Forgets links that had expired by then; how many, at most `limit`.
    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64>;
}
