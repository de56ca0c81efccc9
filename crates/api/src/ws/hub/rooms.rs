//! The rooms that are followed on this instance, each behind a lock of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plaza_domain::{RoomId, Version};

use super::room::RoomChannel;

/// A room's channel; `None` once it was forgotten, for those who had found it before.
type Slot = Arc<Mutex<Option<RoomChannel>>>;

/// The channels of rooms that somebody follows. All that happens to a room happens under its lock, one after the other;
/// handing an event to a thousand followers keeps nobody from another room. Who holds a room's lock takes no other one
/// here, and the lock of the map is held for a look-up only.
#[derive(Default)]
pub(super) struct Rooms {
    slots: Mutex<HashMap<RoomId, Slot>>,
}

impl Rooms {
    /// Does something with a room that is followed; the room is forgotten when nobody follows it afterwards.
    pub(super) fn with<T>(&self, room_id: RoomId, act: impl FnOnce(&mut RoomChannel) -> T) -> Option<T> {
        let slot = self.slots().get(&room_id).map(Arc::clone)?;
        let mut locked = lock(&slot);
        let channel = locked.as_mut()?;
        let done = act(channel);
        if channel.is_empty() {
            *locked = None;
            drop(locked);
            self.forget(room_id, &slot);
        }
        Some(done)
    }

    /// Does something with a room that is followed from now on.
    pub(super) fn open<T>(&self, room_id: RoomId, act: impl FnOnce(&mut RoomChannel) -> T) -> T {
        loop {
            let slot = Arc::clone(self.slots().entry(room_id).or_insert_with(new_slot));
            if let Some(channel) = &mut *lock(&slot) {
                return act(channel);
            }
            // Whoever left it last is about to do the same.
            self.forget(room_id, &slot);
        }
    }

    /// Takes a room away from its followers.
    pub(super) fn close(&self, room_id: RoomId) -> Option<RoomChannel> {
        let slot = self.slots().remove(&room_id)?;
        lock(&slot).take()
    }

    /// How far each room's followers were told, where there are any.
    pub(super) fn versions(&self) -> Vec<(RoomId, Version)> {
        let slots: Vec<_> = self.slots().iter().map(|(id, slot)| (*id, Arc::clone(slot))).collect();
        let version = |slot: Slot| lock(&slot).as_ref().and_then(RoomChannel::last);
        slots.into_iter().filter_map(|(id, slot)| Some((id, version(slot)?))).collect()
    }

    /// Forgets a slot that is empty, unless another one has taken its place.
    fn forget(&self, room_id: RoomId, slot: &Slot) {
        let mut slots = self.slots();
        if slots.get(&room_id).is_some_and(|current| Arc::ptr_eq(current, slot)) {
            slots.remove(&room_id);
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<RoomId, Slot>> {
        // The map is changed by single calls that cannot panic half way.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_slot() -> Slot {
    Arc::new(Mutex::new(Some(RoomChannel::default())))
}

fn lock(slot: &Slot) -> MutexGuard<'_, Option<RoomChannel>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use plaza_domain::UserId;
    use uuid::Uuid;

    use super::*;

    fn room_id() -> RoomId {
        RoomId::new(Uuid::from_u128(1))
    }

    fn expect(channel: &mut RoomChannel, connection: u128) {
        channel.expect(
            Uuid::from_u128(connection),
            UserId::new(Uuid::from_u128(connection)),
            &Arc::default(),
        );
    }

    #[test]
    fn a_room_is_forgotten_with_its_last_follower() {
        let rooms = Rooms::default();
        rooms.open(room_id(), |channel| expect(channel, 1));
        rooms.open(room_id(), |channel| expect(channel, 2));
        assert_eq!(rooms.with(room_id(), |channel| channel.remove(Uuid::from_u128(1))), Some(false));
        assert!(rooms.slots().contains_key(&room_id()));
        rooms.with(room_id(), |channel| channel.remove(Uuid::from_u128(2)));
        assert!(rooms.slots().is_empty());
        assert_eq!(rooms.with(room_id(), |_| ()), None);
    }

    #[test]
    fn who_comes_while_the_last_one_leaves_is_in_the_room() {
        let rooms = Rooms::default();
        thread::scope(|scope| {
            for connection in 1..=4 {
                let rooms = &rooms;
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        rooms.open(room_id(), |channel| expect(channel, connection));
                        let id = Uuid::from_u128(connection);
                        let followed = rooms.with(room_id(), |channel| {
                            let followed = channel.is_followed_by(id);
                            channel.remove(id);
                            followed
                        });
                        assert_eq!(followed, Some(true));
                    }
                });
            }
        });
        assert!(rooms.slots().is_empty());
    }
}
