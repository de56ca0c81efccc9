//! Direct messages reach a connection that has not subscribed to their room: it begins to follow the room by itself.

use plaza_application::Actor;
use plaza_domain::RoomId;
use tokio::time::Instant;

use super::{Connection, Flow};

/// How many rooms a connection remembers that its client has left on purpose.
const MAX_LEFT: usize = 1_000;

impl Connection {
    /// Follows the direct rooms in which something was said, but for those that the client has left on purpose. What
    /// cannot be followed now comes again with the next message, or when the hub compares.
    pub(super) async fn follow_direct_rooms(&mut self, actor: &Actor) -> Flow {
        for (room_id, at_most) in self.outbox.take_nudges() {
            if self.state.hub.shutdown().is_cancelled() {
                break;
            }
            if self.rooms.contains(&room_id) || self.left.contains(&room_id) {
                continue;
            }
            if let Err(error) = self.subscribe_from(actor, room_id, None, at_most).await? {
                tracing::debug!(room.id = %room_id, error = ?error, "a direct room is not followed");
            }
        }
        // Meanwhile nobody listened to the client.
        self.heard_at = Instant::now();
        Ok(())
    }

    /// The client wants nothing more of a room, also when it is a direct one.
    pub(super) fn stay_away(&mut self, room_id: RoomId) {
        if self.left.len() < MAX_LEFT {
            self.left.insert(room_id);
        }
    }
}
