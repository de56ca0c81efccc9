//! Pinned messages.

use std::{cmp::Reverse, sync::Arc};

use async_trait::async_trait;
use plaza_domain::{
    Message, RoomId, SentMessage,
    repository::{PinRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> PinRepository for Connection<A> {
    async fn list(&mut self, room_id: RoomId, limit: u64) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let mut pinned: Vec<_> = pinned_to(&tables, room_id).collect();
        pinned.sort_by_key(|message| Reverse((message.pinned.map(|pin| pin.at), message.seq)));
        pinned.into_iter().take(rows(limit)).map(|message| tables.sent(message)).collect()
    }

    async fn count(&mut self, room_id: RoomId) -> Result<u64> {
        Ok(pinned_to(&self.tables(), room_id).count() as u64)
    }
}

fn pinned_to(tables: &Tables, room_id: RoomId) -> impl Iterator<Item = &Arc<Message>> {
    tables.messages.values().filter(move |message| message.room_id == room_id && message.pinned.is_some())
}
