//! Fills a hole in a room's events from the database.

use std::{sync::Arc, time::Duration};

use plaza_application::{Error, Result};
use plaza_domain::{ChangePage, RoomId, UserId, Version};

use super::{Hub, room::Progress};

/// How long a hole may wait for the event that is missing: events of one instance overtake each other by less.
const GRACE: Duration = Duration::from_millis(50);
/// How long to wait for a database that does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// How many changes are read at once.
const PAGE: u64 = 500;

/// Waits a moment for what is missing; then reads it, until the room is told up to `head` and nothing waits.
pub(super) async fn heal(hub: Arc<Hub>, room_id: RoomId, mut head: Version) {
    let mut pause = GRACE;
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let hole = hub.rooms.with(room_id, |channel| channel.hole_after(head)).flatten();
        let Some(last) = hole else { return };
        pause = match read(&hub, room_id, last).await {
            Ok((page, gone)) => {
                hub.dismiss(room_id, &gone);
                // What the database does not have is not waited for.
                head = if page.has_more { head } else { head.min(page.version) };
                let pause = if page.has_more { Duration::ZERO } else { GRACE };
                if hub.heal_with(room_id, page) == Progress::Closed {
                    return;
                }
                pause
            }
            Err(Error::NotFound(_)) => match hub.changes.find_deleted(room_id).await {
                Ok(room) => {
                    if let Some(mut channel) = hub.rooms.close(room_id) {
                        channel.close(room_id, room);
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(room.id = %room_id, error = ?error, "a deleted room could not be told of yet");
                    PAUSE
                }
            },
            Err(error) => {
                tracing::warn!(room.id = %room_id, error = ?error, "a hole could not be filled yet");
                PAUSE
            }
        };
    }
}

/// What is in the hole. When it is too large to be filled, also those who were removed in it and are not told so.
async fn read(hub: &Hub, room_id: RoomId, last: Version) -> Result<(ChangePage, Vec<UserId>)> {
    let page = hub.changes.feed(room_id, last, PAGE).await?;
    if !page.reset {
        return Ok((page, Vec::new()));
    }
    let mut followers = hub.rooms.with(room_id, |channel| channel.followers()).unwrap_or_default();
    let present = hub.changes.present(room_id, &followers).await?;
    followers.retain(|user_id| !present.contains(user_id));
    Ok((page, followers))
}

impl Hub {
    /// Ends the following of those who are in the room no more.
    fn dismiss(&self, room_id: RoomId, gone: &[UserId]) {
        self.rooms
            .with(room_id, |channel| gone.iter().for_each(|user_id| channel.dismiss(room_id, *user_id)));
    }

    /// Tells a room what the database told of its hole.
    fn heal_with(&self, room_id: RoomId, page: ChangePage) -> Progress {
        let healed = self.rooms.with(room_id, |channel| {
            if page.reset {
                tracing::warn!(room.id = %room_id, "a hole is too large to be filled; followers start anew");
                channel.reset(room_id, page.version, page.last_seq);
                return Progress::Complete;
            }
            tracing::debug!(room.id = %room_id, changes = page.changes.len(), "a hole is filled from the database");
            channel.fill(room_id, page)
        });
        healed.unwrap_or(Progress::Closed)
    }
}
