//! Fills a hole in a room's events from the database.

use std::{sync::Arc, time::Duration};

use plaza_application::{Error, events::RoomEvent};
use plaza_domain::{RoomId, Version};

use super::{Hub, room::Progress};

/// How long a hole may wait for the event that is missing: events of one instance overtake each other by less.
const GRACE: Duration = Duration::from_millis(50);
/// How long to wait for a database that does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// How many changes are read at once.
const PAGE: u64 = 500;

/// Waits a moment for what is missing; then reads it, until the room is told up to `head` and nothing waits.
pub(super) async fn heal(hub: Arc<Hub>, room_id: RoomId, head: Version) {
    let mut pause = GRACE;
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let Some(last) = hole_after(&hub, room_id, head) else { return };
        pause = match hub.changes.feed(room_id, last, PAGE).await {
            Ok(page) if page.reset => {
                tracing::warn!(room.id = %room_id, "a hole is too large to be filled; followers start anew");
                if let Some(channel) = hub.rooms().get_mut(&room_id) {
                    channel.reset(room_id, page.version, page.last_seq);
                }
                Duration::ZERO
            }
            Ok(page) => {
                let changes = page.changes.into_iter();
                let events: Vec<_> =
                    changes.map(|change| RoomEvent::from_change(room_id, change, last)).collect();
                tracing::debug!(room.id = %room_id, events = events.len(), "a hole was filled from the database");
                let mut rooms = hub.rooms();
                if let Some(channel) = rooms.get_mut(&room_id)
                    && channel.fill(&events, page.version) == Progress::Closed
                {
                    rooms.remove(&room_id);
                    return;
                }
                Duration::ZERO
            }
            Err(Error::NotFound(_)) => {
                if let Some(mut channel) = hub.rooms().remove(&room_id) {
                    channel.close(room_id);
                }
                return;
            }
            Err(error) => {
                tracing::warn!(room.id = %room_id, error = ?error, "a hole could not be filled yet");
                PAUSE
            }
        };
    }
}

fn hole_after(hub: &Hub, room_id: RoomId, head: Version) -> Option<Version> {
    let mut rooms = hub.rooms();
    let channel = rooms.get_mut(&room_id)?;
    if channel.still_has_hole(head) { channel.last() } else { None }
}
