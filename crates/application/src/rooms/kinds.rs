//! Which kind a room is of: asked for every message, and never different.

use std::sync::Arc;

use moka::sync::Cache;
use plaza_domain::{RoomId, RoomKind, Store};

use crate::Result;

/// How many rooms are remembered; when there are more, those that nobody asks for are asked for again.
const CAPACITY: u64 = 100_000;

/// Knows the kinds of rooms.
pub(crate) struct RoomKinds {
    store: Arc<dyn Store>,
    known: Cache<RoomId, RoomKind>,
}

impl RoomKinds {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: Cache::new(CAPACITY) }
    }

    /// The room's kind; `None` when there is no such room, which is not remembered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn find(&self, room_id: RoomId) -> Result<Option<RoomKind>> {
        if let Some(kind) = self.known.get(&room_id) {
            return Ok(Some(kind));
        }
        let room = self.store.read().await?.rooms().find(room_id).await?;
        if let Some(room) = &room {
            self.known.insert(room_id, room.kind);
        }
        Ok(room.map(|room| room.kind))
    }
}
