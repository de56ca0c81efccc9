//! Pinned messages.

use async_trait::async_trait;
use plaza_domain::repository::{PinRepository, Result};
use plaza_domain::{RoomId, SentMessage};
use sea_orm::ConnectionTrait;

use super::error::from_db;
use super::queries;
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> PinRepository for Session<C> {
    async fn list(&mut self, room_id: RoomId, limit: u64) -> Result<Vec<SentMessage>> {
        self.views(&queries::messages::pinned(room_id, limit)).await
    }

    async fn count(&mut self, room_id: RoomId) -> Result<u64> {
        let row = self.row(&queries::messages::count_pinned(room_id)).await?;
        let count = row.map(|row| row.try_get("", queries::COUNT)).transpose();
        let count: i64 = count.map_err(from_db)?.unwrap_or_default();
        Ok(count.unsigned_abs())
    }
}
