//! A room's events are kept while it is found out who may have them.

use std::sync::Arc;

use plaza_domain::RoomId;

use super::{ConnectionId, Hub};

/// Keeps a room's events for a connection until it is dropped.
pub(in crate::ws) struct Hold {
    hub: Arc<Hub>,
    room_id: RoomId,
    connection: ConnectionId,
}

impl Hold {
    pub(super) fn new(hub: Arc<Hub>, room_id: RoomId, connection: ConnectionId) -> Self {
        hub.rooms.open(room_id, |channel| channel.hold(connection));
        Self { hub, room_id, connection }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.hub.rooms.with(self.room_id, |channel| channel.release(self.connection));
    }
}
