//! One room's live events on this instance: put in order, remembered for a moment, handed to its followers.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use plaza_application::events::{RoomEvent, RoomEventBody, Signal};
use plaza_domain::{RoomId, Seq, UserId, Version};

use super::ConnectionId;
use crate::ws::{
    frames::{Encode, ServerFrame},
    outbox::{Frame, Outbox},
};

/// How many events are remembered for connections that come back: those need no database.
const REMEMBERED_EVENTS: usize = 256;
/// How many events may wait behind a hole. More are forgotten: the database has them.
const WAITING_EVENTS: usize = 1_024;

/// A connection that follows the room.
pub(super) struct Subscriber {
    pub(super) user_id: UserId,
    pub(super) outbox: Arc<Outbox>,
    /// It holds everything up to here.
    pub(super) after: Version,
}

/// What became of an attempt to follow a room.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ws) enum Activation {
    /// Live from that version on.
    Live,
    /// More happened than is remembered.
    Behind,
    /// The room was deleted.
    Gone,
}

/// What a channel needs after it changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing.
    Complete,
    /// Somebody to fill a hole; said once until [`RoomChannel::healed`].
    Hole,
    /// To be removed: the room is gone.
    Closed,
}

/// One room's live events.
#[derive(Default)]
pub(super) struct RoomChannel {
    /// Handed out up to here; unknown until the first follower tells what it has read.
    last: Option<Version>,
    /// Events ahead of a hole.
    waiting: BTreeMap<Version, RoomEvent>,
    /// The newest events, every one after `remembered_after`.
    remembered: VecDeque<(Version, Frame)>,
    remembered_after: Version,
    subscribers: HashMap<ConnectionId, Subscriber>,
    /// Connections that are reading what they missed.
    expected: Vec<ConnectionId>,
    healing: bool,
}

impl RoomChannel {
    pub(super) fn expect(&mut self, connection: ConnectionId) {
        if !self.expected.contains(&connection) {
            self.expected.push(connection);
        }
    }

    pub(super) fn last(&self) -> Option<Version> {
        self.last
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.expected.is_empty()
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) -> bool {
        self.expected.retain(|expected| *expected != connection);
        self.subscribers.remove(&connection).is_some()
    }

    /// Puts a connection that holds everything up to `since` on the live events, after what it missed since and a
    /// `synced`.
    pub(super) fn activate(
        &mut self,
        room_id: RoomId,
        connection: ConnectionId,
        subscriber: Subscriber,
        since: Version,
    ) -> (Activation, Progress) {
        let last = *self.last.get_or_insert_with(|| {
            self.remembered_after = since;
            since
        });
        if since < last && since < self.remembered_after {
            return (Activation::Behind, Progress::Complete);
        }
        for (version, frame) in &self.remembered {
            if *version > since {
                subscriber.outbox.push(frame.clone());
            }
        }
        let version = last.max(since);
        subscriber.outbox.push(ServerFrame::Synced { room_id, version }.encode());
        self.expected.retain(|expected| *expected != connection);
        self.subscribers.insert(connection, Subscriber { after: version, ..subscriber });
        (Activation::Live, self.advance())
    }

    /// Takes an event from the bus.
    pub(super) fn receive(&mut self, event: &RoomEvent) -> Progress {
        match self.last {
            Some(last) if event.version <= last => return Progress::Complete,
            Some(last) if event.version == last.next() => {
                if self.hand_out(event) == Progress::Closed {
                    return Progress::Closed;
                }
            }
            _ => {
                self.waiting.insert(event.version, event.clone());
                if self.waiting.len() > WAITING_EVENTS {
                    self.waiting.pop_first();
                }
            }
        }
        self.advance()
    }

    /// Hands out what waits and has no hole before it.
    pub(super) fn advance(&mut self) -> Progress {
        let Some(mut last) = self.last else { return Progress::Complete };
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > last.next() {
                if self.healing {
                    return Progress::Complete;
                }
                self.healing = true;
                return Progress::Hole;
            }
            let event = entry.remove();
            if event.version > last {
                if self.hand_out(&event) == Progress::Closed {
                    return Progress::Closed;
                }
                last = event.version;
            }
        }
        Progress::Complete
    }

    /// Asks for a comparison with the database, which is ahead.
    pub(super) fn suspect(&mut self) -> Progress {
        if self.healing {
            return Progress::Complete;
        }
        self.healing = true;
        Progress::Hole
    }

    /// Whether there is a hole now; when not, healing is over.
    pub(super) fn still_has_hole(&mut self, head: Version) -> bool {
        let is_behind = self.last.is_some_and(|last| last < head) || !self.waiting.is_empty();
        self.healing = is_behind;
        is_behind
    }

    /// Hands out what the database told of the hole: everything up to `version`.
    pub(super) fn fill(&mut self, events: &[RoomEvent], version: Version) -> Progress {
        for event in events {
            if self.last.is_some_and(|last| event.version > last) && self.hand_out(event) == Progress::Closed
            {
                return Progress::Closed;
            }
        }
        self.skip_to(version);
        self.advance_quietly()
    }

    /// Tells every follower to start anew: the hole is too large to be filled.
    pub(super) fn reset(&mut self, room_id: RoomId, version: Version, last_seq: Seq) {
        let frame = ServerFrame::Reset { room_id, version, last_seq }.encode();
        self.broadcast(&frame, version);
        self.skip_to(version);
    }

    /// Tells every follower that the room is gone.
    pub(super) fn close(&mut self, room_id: RoomId) {
        let frame = ServerFrame::Unsubscribed { room_id }.encode();
        self.subscribers.values().for_each(|subscriber| subscriber.outbox.push(frame.clone()));
    }

    /// Hands out what is not kept; not to `except`.
    pub(super) fn signal(&self, signal: &Signal, except: Option<UserId>) {
        let mut encoded = None;
        for subscriber in self.subscribers.values().filter(|subscriber| Some(subscriber.user_id) != except) {
            let frame = encoded.get_or_insert_with(|| signal.encode());
            subscriber.outbox.push(frame.clone());
        }
    }

    fn advance_quietly(&mut self) -> Progress {
        // The healer that called goes on by itself: it is not asked for twice.
        let was_healing = std::mem::replace(&mut self.healing, true);
        let progress = self.advance();
        self.healing = was_healing;
        progress
    }

    fn hand_out(&mut self, event: &RoomEvent) -> Progress {
        let frame = event.encode();
        self.broadcast(&frame, event.version);
        self.remembered.push_back((event.version, frame));
        if self.remembered.len() > REMEMBERED_EVENTS
            && let Some((forgotten, _)) = self.remembered.pop_front()
        {
            self.remembered_after = forgotten;
        }
        self.last = Some(event.version);
        match &event.body {
            RoomEventBody::MemberLeft(profile) => {
                self.subscribers.retain(|_, subscriber| subscriber.user_id != profile.member.user_id);
                if self.is_empty() { Progress::Closed } else { Progress::Complete }
            }
            RoomEventBody::RoomDeleted(_) => Progress::Closed,
            _ => Progress::Complete,
        }
    }

    fn broadcast(&self, frame: &Frame, version: Version) {
        for subscriber in self.subscribers.values().filter(|subscriber| version > subscriber.after) {
            subscriber.outbox.push(frame.clone());
        }
    }

    /// What was told from the database is told in its latest state: it cannot be replayed event by event.
    fn skip_to(&mut self, version: Version) {
        if self.last.is_some_and(|last| last < version) {
            self.last = Some(version);
        }
        self.remembered.clear();
        self.remembered_after = self.last.unwrap_or(version);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use plaza_domain::{Room, RoomDescription, RoomKind, RoomName};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn room_id() -> RoomId {
        RoomId::new(Uuid::from_u128(1))
    }

    fn event(version: i64) -> RoomEvent {
        let at = plaza_domain::Timestamp::default();
        let version = Version::new(version);
        let room = Room {
            id: room_id(),
            kind: RoomKind::Room,
            name: RoomName::from_stored("hall".to_owned()),
            description: RoomDescription::from_stored(String::new()),
            is_private: false,
            created_by: UserId::new(Uuid::from_u128(2)),
            last_seq: Seq::ZERO,
            version,
            details_version: version,
            created_at: at,
            updated_at: at,
            deleted_at: None,
        };
        RoomEvent { room_id: room_id(), version, body: RoomEventBody::RoomUpdated(Box::new(room)) }
    }

    fn follow(channel: &mut RoomChannel, connection: u128, since: i64) -> (Arc<Outbox>, Activation) {
        let outbox = Arc::new(Outbox::default());
        let (user_id, since) = (UserId::new(Uuid::from_u128(connection)), Version::new(since));
        let subscriber = Subscriber { user_id, outbox: Arc::clone(&outbox), after: since };
        let (activation, _) = channel.activate(room_id(), Uuid::from_u128(connection), subscriber, since);
        (outbox, activation)
    }

    /// The versions of the events in an outbox; `synced` frames are left out.
    fn told(outbox: &Outbox) -> Vec<i64> {
        let (frames, _) = outbox.take();
        let parsed =
            frames.iter().filter_map(|frame| serde_json::from_str::<serde_json::Value>(&frame.text).ok());
        parsed
            .filter(|frame| frame["type"] == "room_updated")
            .filter_map(|frame| frame["version"].as_i64())
            .collect()
    }

    #[test]
    fn a_repeated_event_is_told_once() {
        let mut channel = RoomChannel::default();
        let (outbox, _) = follow(&mut channel, 1, 0);
        for version in [1, 1, 2, 1, 2] {
            assert_eq!(channel.receive(&event(version)), Progress::Complete);
        }
        assert_eq!(told(&outbox), [1, 2]);
    }

    #[test]
    fn events_behind_a_hole_wait_and_healing_is_asked_for_once() {
        let mut channel = RoomChannel::default();
        let (outbox, _) = follow(&mut channel, 1, 0);
        assert_eq!(channel.receive(&event(3)), Progress::Hole);
        assert_eq!(channel.receive(&event(4)), Progress::Complete);
        assert!(told(&outbox).is_empty());
        channel.receive(&event(1));
        channel.receive(&event(2));
        assert_eq!(told(&outbox), [1, 2, 3, 4]);
        assert!(!channel.still_has_hole(Version::ZERO));
    }

    #[test]
    fn a_hole_is_filled_in_the_latest_state_and_what_waited_follows() {
        let mut channel = RoomChannel::default();
        let (outbox, _) = follow(&mut channel, 1, 0);
        channel.receive(&event(6));
        assert!(channel.still_has_hole(Version::ZERO));
        // Versions 1, 2 and 4 were overtaken by later changes of the same things.
        channel.fill(&[event(3), event(5)], Version::new(5));
        assert_eq!(told(&outbox), [3, 5, 6]);
        assert!(!channel.still_has_hole(Version::ZERO));
    }

    #[test]
    fn who_comes_back_soon_is_told_from_memory_and_who_comes_late_reads_the_database() {
        let mut channel = RoomChannel::default();
        let (_first, _) = follow(&mut channel, 1, 0);
        (1..=400).for_each(|version| drop(channel.receive(&event(version))));
        let (soon, activation) = follow(&mut channel, 2, 390);
        assert_eq!(activation, Activation::Live);
        assert_eq!(told(&soon), (391..=400).collect::<Vec<_>>());
        let (_late, activation) = follow(&mut channel, 3, 10);
        assert_eq!(activation, Activation::Behind);
    }

    #[test]
    fn who_is_ahead_of_the_hub_is_not_told_twice() {
        let mut channel = RoomChannel::default();
        let (_first, _) = follow(&mut channel, 1, 0);
        channel.receive(&event(1));
        let (ahead, activation) = follow(&mut channel, 2, 3);
        assert_eq!(activation, Activation::Live);
        (2..=4).for_each(|version| drop(channel.receive(&event(version))));
        assert_eq!(told(&ahead), [4]);
    }

    #[test]
    fn events_that_come_while_the_first_follower_reads_are_kept_for_it() {
        let mut channel = RoomChannel::default();
        channel.expect(Uuid::from_u128(1));
        (4..=6).for_each(|version| drop(channel.receive(&event(version))));
        let (outbox, _) = follow(&mut channel, 1, 5);
        assert_eq!(told(&outbox), [6]);
    }

    proptest! {
        #[test]
        fn any_order_with_repetitions_is_told_in_order_once(
            order in Just((1..=40i64).collect::<Vec<_>>()).prop_shuffle(),
            repeated in proptest::collection::vec(1..=40i64, 0..20),
        ) {
            let mut channel = RoomChannel::default();
            let (outbox, _) = follow(&mut channel, 1, 0);
            for version in order.iter().chain(&repeated) {
                channel.receive(&event(*version));
            }
            prop_assert_eq!(told(&outbox), (1..=40).collect::<Vec<_>>());
        }

        #[test]
        fn lost_events_leave_holes_that_filling_closes(lost in proptest::collection::hash_set(1..=39i64, 1..20)) {
            let mut channel = RoomChannel::default();
            let (outbox, _) = follow(&mut channel, 1, 0);
            let lost: HashSet<i64> = lost;
            for version in (1..=40).filter(|version| !lost.contains(version)) {
                channel.receive(&event(version));
            }
            let last = channel.last().map_or(0, Version::get);
            let missing: Vec<_> = (last + 1..=40).map(event).collect();
            channel.fill(&missing, Version::new(40));
            prop_assert_eq!(told(&outbox), (1..=40).collect::<Vec<_>>());
        }
    }
}
