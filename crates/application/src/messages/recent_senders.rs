//! Who was found to be allowed to post, remembered for a moment: a busy room asks for the same few again and again.
//!
//! It never decides alone. A room's write says in which epoch its senders were looked up, and stores nothing when the
//! room is in another one; nobody is refused because of what is remembered; and who is suspended is forgotten.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use plaza_domain::{RoomEpoch, RoomId, RoomKind, UserId, UserSummary, repository::Sender};

/// How long somebody is remembered: how long an instance that hears nothing goes on after a suspension, and shows the
/// old name after another instance has changed it.
const TTL: Duration = Duration::from_secs(1);
/// How many are remembered, and of how many rooms. Where more post within a second, some are looked up again.
const CAPACITY: u64 = 10_000;

/// Remembers who may post where. Direct rooms are not remembered: a block changes no version.
pub(crate) struct RecentSenders {
    senders: Cache<(RoomId, UserId), Known>,
    /// The newest epoch that is known of a room. Who was looked up in an earlier one is as good as forgotten.
    epochs: Cache<RoomId, RoomEpoch>,
    /// How often users were forgotten.
    forgotten: AtomicU64,
}

/// Somebody who was looked up, and when: what was looked up before the last time that users were forgotten is void.
#[derive(Clone)]
struct Known {
    sender: Arc<Sender>,
    at: BeforeLook,
}

/// Those who may post in the rooms of a batch.
#[derive(Default)]
pub(super) struct Permitted {
    pub(super) senders: HashMap<(RoomId, UserId), UserSummary>,
    /// Of the rooms of these.
    pub(super) epochs: HashMap<RoomId, RoomEpoch>,
}

/// A moment before a look: how often users had been forgotten.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct BeforeLook(u64);

impl Default for RecentSenders {
    fn default() -> Self {
        Self::new(TTL)
    }
}

impl RecentSenders {
    fn new(ttl: Duration) -> Self {
        Self {
            senders: Cache::builder().max_capacity(CAPACITY).time_to_live(ttl).build(),
            epochs: Cache::builder().max_capacity(CAPACITY).time_to_live(ttl).build(),
            forgotten: AtomicU64::new(0),
        }
    }

    /// To be taken before what is to be remembered is read.
    pub(super) fn before_look(&self) -> BeforeLook {
        BeforeLook(self.forgotten.load(Ordering::SeqCst))
    }

    /// Remembers what was looked up. It is of no use if users were forgotten meanwhile.
    pub(super) fn remember(&self, before: BeforeLook, found: &[Sender]) {
        for sender in found.iter().filter(|sender| sender.kind != RoomKind::Direct) {
            self.epochs.insert(sender.room_id, sender.epoch);
            let known = Known { sender: Arc::new(sender.clone()), at: before };
            self.senders.insert((sender.room_id, sender.user.id), known);
        }
    }

    /// All of these, or `None` when one of them is not remembered.
    pub(super) fn recall(&self, pairs: impl IntoIterator<Item = (RoomId, UserId)>) -> Option<Permitted> {
        let mut permitted = Permitted::default();
        let now = self.before_look();
        for (room_id, user_id) in pairs {
            let Known { sender, at } = self.senders.get(&(room_id, user_id))?;
            let epoch = match permitted.epochs.get(&room_id) {
                Some(epoch) => *epoch,
                None => self.epochs.get(&room_id)?,
            };
            if sender.epoch != epoch || at != now {
                return None;
            }
            permitted.epochs.insert(room_id, epoch);
            permitted.senders.insert((room_id, user_id), sender.user.clone());
        }
        Some(permitted)
    }

    /// Forgets a room that has changed, or is about to.
    pub(super) fn forget_room(&self, room_id: RoomId) {
        self.epochs.invalidate(&room_id);
    }

    /// Forgets all users, as one was suspended or has another name, or as the database was away: that happens rarely.
    pub(crate) fn forget_users(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use plaza_domain::{DisplayName, Username};
    use uuid::Uuid;

    use super::*;

    fn sender(room: u128, user: u128, epoch: i64) -> Sender {
        let name = format!("user-{user}");
        Sender {
            room_id: RoomId::new(Uuid::from_u128(room)),
            kind: RoomKind::Room,
            user: UserSummary {
                id: UserId::new(Uuid::from_u128(user)),
                username: Username::from_stored(name.clone()),
                display_name: DisplayName::from_stored(name),
            },
            epoch: RoomEpoch::new(epoch),
        }
    }

    fn pairs(senders: &[Sender]) -> Vec<(RoomId, UserId)> {
        senders.iter().map(|sender| (sender.room_id, sender.user.id)).collect()
    }

    fn remembered(found: &[Sender]) -> RecentSenders {
        let recent = RecentSenders::new(Duration::from_secs(3_600));
        recent.remember(recent.before_look(), found);
        recent
    }

    #[test]
    fn all_are_recalled_or_none() {
        let found = [sender(1, 1, 5), sender(1, 2, 5), sender(2, 1, 7)];
        let recent = remembered(&found);
        let permitted = recent.recall(pairs(&found)).unwrap_or_default();
        assert_eq!(permitted.senders.len(), 3);
        for Sender { room_id, user, epoch, .. } in &found {
            assert_eq!(permitted.senders.get(&(*room_id, user.id)), Some(user));
            assert_eq!(permitted.epochs.get(room_id), Some(epoch));
        }
        let stranger = sender(2, 2, 7);
        assert!(recent.recall(pairs(&[found[0].clone(), stranger])).is_none());
    }

    #[test]
    fn who_was_looked_up_before_the_room_changed_is_not_recalled() {
        let (before, after) = ([sender(1, 1, 5), sender(1, 2, 5), sender(2, 1, 7)], [sender(1, 2, 6)]);
        let recent = remembered(&before);
        recent.remember(recent.before_look(), &after);
        assert!(recent.recall(pairs(&before[..1])).is_none());
        assert!(recent.recall(pairs(&after)).is_some());
        recent.forget_room(after[0].room_id);
        assert!(recent.recall(pairs(&after)).is_none());
        assert!(recent.recall(pairs(&before[2..])).is_some(), "another room");
    }

    #[test]
    fn what_was_read_before_somebody_was_to_be_forgotten_is_not_remembered_after() {
        let found = [sender(1, 1, 5)];
        let recent = remembered(&found);
        let before = recent.before_look();
        recent.forget_users();
        assert!(recent.recall(pairs(&found)).is_none());
        recent.remember(before, &found);
        assert!(recent.recall(pairs(&found)).is_none());
        recent.remember(recent.before_look(), &found);
        assert!(recent.recall(pairs(&found)).is_some());
    }

    #[test]
    fn direct_rooms_are_not_remembered() {
        let found = [Sender { kind: RoomKind::Direct, ..sender(1, 1, 5) }];
        assert!(remembered(&found).recall(pairs(&found)).is_none());
    }
}
