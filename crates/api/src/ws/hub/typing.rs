//! Who is writing where: told to the others now and then, and taken back when nothing more is heard.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use plaza_application::events::Signal;
use plaza_domain::{RoomId, UserId};
use tokio::time::{Instant, sleep_until};

use super::Hub;

/// Who is not heard of for so long has stopped.
pub(in crate::ws) const EXPIRY: Duration = Duration::from_secs(6);
/// How often the others are told that somebody is still writing, at most.
const REPEAT: Duration = Duration::from_secs(3);
/// How many may be writing at a time; of more nobody is told.
const CAPACITY: usize = 10_000;

/// A user in a room.
type Typist = (RoomId, UserId);

struct Heard {
    told_at: Instant,
    expires_at: Instant,
}

/// Those of whom this instance's followers were told that they are writing.
#[derive(Default)]
pub(super) struct Typing {
    heard: HashMap<Typist, Heard>,
    expiries: BTreeSet<(Instant, Typist)>,
}

impl Typing {
    /// Notes that somebody is writing or has stopped; whether the others are to be told.
    pub(super) fn hear(&mut self, typist: Typist, active: bool, now: Instant) -> bool {
        if !active {
            let heard = self.heard.remove(&typist);
            return heard.is_some_and(|heard| self.expiries.remove(&(heard.expires_at, typist)));
        }
        let expires_at = now + EXPIRY;
        if let Some(heard) = self.heard.get_mut(&typist) {
            self.expiries.remove(&(heard.expires_at, typist));
            self.expiries.insert((expires_at, typist));
            heard.expires_at = expires_at;
            let is_due = now >= heard.told_at + REPEAT;
            if is_due {
                heard.told_at = now;
            }
            return is_due;
        }
        if self.heard.len() >= CAPACITY {
            return false;
        }
        self.heard.insert(typist, Heard { told_at: now, expires_at });
        self.expiries.insert((expires_at, typist))
    }

    fn next_expiry(&self) -> Option<Instant> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Forgets those of whom nothing was heard for too long.
    fn expire(&mut self, now: Instant) -> Vec<Typist> {
        let mut silent = Vec::new();
        while let Some((at, typist)) = self.expiries.first().copied()
            && at <= now
        {
            self.expiries.pop_first();
            self.heard.remove(&typist);
            silent.push(typist);
        }
        silent
    }
}

/// Takes back what nobody repeats. One task for all who write: each expires as long after it was heard as any other,
/// so whoever is heard anew is never the first to expire.
pub(super) async fn expire_typing(hub: Arc<Hub>) {
    loop {
        let next = hub.typing().next_expiry();
        let expiry = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => hub.typing_heard.notified().await,
            }
        };
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = expiry => {}
        }
        let silent = hub.typing().expire(Instant::now());
        for (room_id, user_id) in silent {
            let signal = Signal::Typing { room_id, user_id, active: false };
            hub.rooms.with(room_id, |channel| channel.signal(&signal, Some(user_id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn typist(number: u128) -> Typist {
        (RoomId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(number)))
    }

    #[test]
    fn who_goes_on_writing_is_told_of_every_three_seconds() {
        let (mut typing, start) = (Typing::default(), Instant::now());
        let told: Vec<_> = (0..8).filter(|at| typing.hear(typist(1), true, start + SECOND * *at)).collect();
        assert_eq!(told, [0, 3, 6]);
        assert!(typing.hear(typist(2), true, start), "others are told of by themselves");
    }

    #[test]
    fn who_is_not_heard_of_for_six_seconds_has_stopped() {
        let (mut typing, start) = (Typing::default(), Instant::now());
        typing.hear(typist(1), true, start);
        typing.hear(typist(2), true, start + SECOND);
        typing.hear(typist(1), true, start + SECOND * 2);
        assert_eq!(typing.next_expiry(), Some(start + SECOND * 7));
        assert_eq!(typing.expire(start + SECOND * 7), [typist(2)]);
        assert_eq!(typing.expire(start + SECOND * 8), [typist(1)]);
        assert_eq!(typing.next_expiry(), None);
        assert!(!typing.hear(typist(1), false, start + SECOND * 9), "that is known already");
    }

    #[test]
    fn who_stops_is_told_of_once_and_may_begin_again_at_once() {
        let (mut typing, start) = (Typing::default(), Instant::now());
        assert!(typing.hear(typist(1), true, start));
        assert!(typing.hear(typist(1), false, start));
        assert!(!typing.hear(typist(1), false, start));
        assert!(typing.hear(typist(1), true, start));
        assert_eq!(typing.expiries.len(), 1);
    }

    #[test]
    fn a_crowd_of_typists_costs_no_more_than_is_kept() {
        let (mut typing, start) = (Typing::default(), Instant::now());
        let told = (0..CAPACITY as u128 + 5).filter(|number| typing.hear(typist(*number), true, start));
        assert_eq!(told.count(), CAPACITY);
    }
}
