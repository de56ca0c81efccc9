//! Pinned messages.

use async_trait::async_trait;

use super::Result;
use crate::{RoomId, SentMessage};

/// Finds what is pinned to rooms; a pin itself is stored with its message.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PinRepository: Send {
    /// The pinned messages of a room, the newest pin first, at most `limit`.
    async fn list(&mut self, room_id: RoomId, limit: u64) -> Result<Vec<SentMessage>>;

    /// How many messages of a room are pinned.
    async fn count(&mut self, room_id: RoomId) -> Result<u64>;
}
