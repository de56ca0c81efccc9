//! Who read what, and when.

use async_trait::async_trait;

use super::Result;
use crate::{Message, ReadMark, Receipt, ReceiptCounts, ReceiptScope, RoomId, Seq, UserId};

/// Stores when members read, and tells how far messages got. Users who show no receipts are in none of its lists.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ReceiptRepository: Send {
    /// Who may be told what the user reads in the room; its members are counted up to `limit`.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    async fn scope(&mut self, room_id: RoomId, user_id: UserId, limit: u64) -> Result<ReceiptScope>;

    /// Stores that a cursor moved forward.
    async fn insert_mark(&mut self, mark: &ReadMark) -> Result<()>;

    /// Forgets how the user's cursor got to places up to `through`.
    async fn delete_marks(&mut self, room_id: RoomId, user_id: UserId, through: Seq) -> Result<()>;

    /// With how many members of its room a message got how far.
    async fn counts(&mut self, message: &Message) -> Result<ReceiptCounts>;

    /// How far a message got with each of those whom it was for, by rising user id, at most `limit`.
    async fn list(&mut self, message: &Message, limit: u64) -> Result<Vec<Receipt>>;
}
