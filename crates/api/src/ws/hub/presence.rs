//! Changes of presence: gathered for a moment, then told to those who share a room, and to friends.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plaza_application::{Result, Told, events::PresenceChange};
use plaza_domain::UserId;
use tokio::{sync::Notify, task::yield_now, time::sleep};

use super::Hub;
use crate::ws::{frames::Encode, outbox::Outbox};

/// How long changes gather: of a user who goes and comes back meanwhile nobody is told.
const WINDOW: Duration = Duration::from_secs(1);
/// How many users may change within that; the changes of more are not told.
const CAPACITY: usize = 10_000;

/// Users who changed, and are still to be told of.
#[derive(Default)]
pub(super) struct Gathering {
    changes: Mutex<HashMap<UserId, PresenceChange>>,
    begun: Notify,
}

impl Gathering {
    /// Takes note of changes. The latest one of a user counts.
    pub(super) fn add(&self, changes: impl IntoIterator<Item = PresenceChange>) {
        let mut gathered = self.changes();
        for change in changes {
            if gathered.len() < CAPACITY || gathered.contains_key(&change.user_id) {
                let latest = gathered.entry(change.user_id).or_insert(change);
                if latest.at <= change.at {
                    *latest = change;
                }
            }
        }
        drop(gathered);
        self.begun.notify_one();
    }

    /// Everything that has changed by a moment after the next change. Cancel safe but for that moment.
    async fn gathered(&self) -> HashMap<UserId, PresenceChange> {
        self.begun.notified().await;
        sleep(WINDOW).await;
        std::mem::take(&mut *self.changes())
    }

    fn changes(&self) -> MutexGuard<'_, HashMap<UserId, PresenceChange>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells what gathers, until the hub ends.
pub(super) async fn tell(hub: Arc<Hub>) {
    loop {
        let changes = tokio::select! {
            () = hub.shutdown.cancelled() => return,
            changes = hub.gathering.gathered() => changes,
        };
        if changes.is_empty() {
            continue;
        }
        if let Err(error) = tell_all(&hub, &changes).await {
            tracing::warn!(error = ?error, "changes of presence are not told yet");
            hub.gathering.add(changes.into_values());
        }
    }
}

async fn tell_all(hub: &Hub, changes: &HashMap<UserId, PresenceChange>) -> Result<()> {
    let is_connected = |user_id| hub.registry().is_connected(user_id);
    for told in hub.presence.to_tell(changes, &is_connected).await? {
        hub.tell_presence(&told);
        // Thousands may have changed at once: connections get their turn in between.
        yield_now().await;
    }
    Ok(())
}

impl Hub {
    /// Tells every connection that follows one of the rooms or is a friend's, once.
    fn tell_presence(&self, told: &Told) {
        let mut frame = None;
        let mut reached = HashSet::new();
        let mut tell = |connection, user_id, outbox: &Outbox| {
            if !told.hidden_from.contains(&user_id) && reached.insert(connection) {
                outbox.push(frame.get_or_insert_with(|| told.presence.encode()).clone());
            }
        };
        for friend_id in &told.friend_ids {
            let connections = self.registry().of_user(*friend_id);
            for (connection, handle) in connections {
                tell(connection, *friend_id, &handle.outbox);
            }
        }
        for room_id in &told.room_ids {
            self.rooms.with(*room_id, |channel| {
                channel
                    .audience()
                    .for_each(|(connection, user_id, outbox)| tell(connection, user_id, outbox));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use plaza_domain::{Availability, Timestamp};
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    fn change(user: u128, availability: Option<Availability>, second: i64) -> PresenceChange {
        let at = Timestamp::from_timestamp(second, 0).unwrap_or_default();
        PresenceChange { user_id: UserId::new(Uuid::from_u128(user)), availability, at }
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_to_a_user_within_a_second_is_one_change() {
        let gathering = Gathering::default();
        let (gone, back) = (change(1, None, 1), change(1, Some(Availability::Dnd), 2));
        let other = change(2, Some(Availability::Away), 1);
        let start = Instant::now();
        gathering.add([gone, other]);
        gathering.add([back]);
        let gathered = gathering.gathered().await;
        assert_eq!(start.elapsed(), WINDOW);
        assert_eq!(gathered, HashMap::from([(back.user_id, back), (other.user_id, other)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_comes_late_does_not_undo_a_later_one() {
        let gathering = Gathering::default();
        let (gone, back) = (change(1, None, 1), change(1, Some(Availability::Online), 2));
        gathering.add([back]);
        gathering.add([gone]);
        assert_eq!(gathering.gathered().await, HashMap::from([(back.user_id, back)]));
    }

    #[tokio::test(start_paused = true)]
    async fn more_users_than_there_is_room_for_are_not_told_of() {
        let gathering = Gathering::default();
        gathering.add((0..20_000).map(|user| change(user, None, 1)));
        gathering.add([change(0, Some(Availability::Online), 2)]);
        let gathered = gathering.gathered().await;
        assert_eq!(gathered.len(), CAPACITY);
        let first = gathered.get(&UserId::new(Uuid::from_u128(0)));
        assert_eq!(first.and_then(|change| change.availability), Some(Availability::Online));
    }
}
