//! One room's live events on this instance: put in order, remembered for a moment, handed to its followers.

mod hole;
mod told;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use plaza_application::events::{RoomEvent, RoomEventBody, Signal};
use plaza_domain::{ChangePage, Room, RoomId, Seq, UserId, Version};

use self::{hole::Hole, told::Told};
use super::ConnectionId;
use crate::ws::{
    close::Close,
    frames::{Encode, ServerFrame},
    outbox::Outbox,
};

/// How many events are remembered: what happens between a connection's last look into the database and its going live
/// must be among them.
const REMEMBERED_EVENTS: usize = 256;
/// How many bytes of them at most: long messages in a thousand rooms must not cost a gigabyte.
const REMEMBERED_BYTES: usize = 128 * 1024;
/// How many events may wait behind a hole. More are forgotten: the database has them.
const WAITING_EVENTS: usize = 1_024;

/// A connection that follows the room.
pub(super) struct Subscriber {
    pub(super) user_id: UserId,
    pub(super) outbox: Arc<Outbox>,
    /// It holds everything up to here.
    pub(super) after: Version,
    /// It is about this room alone, and ends with it.
    pub(super) is_own_room: bool,
}

impl Subscriber {
    /// Closes the connection if it is about this room alone.
    fn end(&self, reason: Close) {
        if self.is_own_room {
            self.outbox.close(reason);
        }
    }

    /// The same, and tells that it does not follow the room any more.
    fn lose(&self, room_id: RoomId, reason: Close) {
        self.outbox.push(ServerFrame::Unsubscribed { room_id }.encode());
        self.end(reason);
    }
}

/// What became of an attempt to follow a room.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ws) enum Activation {
    /// Live from that version on.
    Live,
    /// More happened than is remembered, or the user has left meanwhile: the database tells.
    Behind,
    /// The room was deleted.
    Gone,
}

/// What a channel needs after it changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing.
    Complete,
    /// Somebody to fill a hole; said once until [`RoomChannel::hole_after`] finds none.
    Hole,
    /// Nothing any more: nobody follows the room.
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
    remembered: VecDeque<Told>,
    remembered_bytes: usize,
    remembered_after: Version,
    subscribers: HashMap<ConnectionId, Subscriber>,
    /// Connections that are reading what they missed.
    expected: Vec<(ConnectionId, UserId, Arc<Outbox>)>,
    /// Connections of which it is being found out whether they may follow the room: they are told nothing.
    held: Vec<ConnectionId>,
    healing: bool,
    /// The hole that is being filled, from its first page to its last.
    hole: Option<Hole>,
}

impl RoomChannel {
    /// Keeps what happens from now on, for a connection that may turn out to have no right to it.
    pub(super) fn hold(&mut self, connection: ConnectionId) {
        self.held.push(connection);
    }

    /// Ends that.
    pub(super) fn release(&mut self, connection: ConnectionId) {
        self.held.retain(|held| *held != connection);
    }

    /// A connection begins to read what it missed; a following that it had ends. Tells whether nothing was forgotten
    /// since the room was held for it.
    pub(super) fn expect(&mut self, connection: ConnectionId, user_id: UserId, outbox: &Arc<Outbox>) -> bool {
        self.remove(connection);
        self.expected.push((connection, user_id, Arc::clone(outbox)));
        self.held.contains(&connection)
    }

    /// Every connection that follows the room, or is about to.
    pub(super) fn audience(&self) -> impl Iterator<Item = (ConnectionId, UserId, &Outbox)> {
        let live = self.subscribers.iter().map(|(connection, it)| (*connection, it.user_id, &*it.outbox));
        let expected = self.expected.iter();
        live.chain(expected.map(|(connection, user_id, outbox)| (*connection, *user_id, &**outbox)))
    }

    pub(super) fn last(&self) -> Option<Version> {
        self.last
    }

    pub(super) fn is_followed_by(&self, connection: ConnectionId) -> bool {
        self.subscribers.contains_key(&connection)
            || self.expected.iter().any(|(expected, ..)| *expected == connection)
    }

    /// Who follows the room, each once.
    pub(super) fn followers(&self) -> Vec<UserId> {
        let users: HashSet<_> = self.subscribers.values().map(|subscriber| subscriber.user_id).collect();
        users.into_iter().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.expected.is_empty() && self.held.is_empty()
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) -> bool {
        self.expected.retain(|(expected, ..)| *expected != connection);
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
        let missed = || self.remembered.iter().filter(|told| told.version > since);
        if missed().any(|told| told.left == Some(subscriber.user_id)) {
            return (Activation::Behind, Progress::Complete);
        }
        missed().for_each(|told| told.tell([&subscriber]));
        let version = last.max(since);
        subscriber.outbox.push(ServerFrame::Synced { room_id, version }.encode());
        self.expected.retain(|(expected, ..)| *expected != connection);
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

    /// After which version a hole begins; when there is none, healing is over. A room that nobody follows yet has
    /// none: what waits there is for its first follower.
    pub(super) fn hole_after(&mut self, head: Version) -> Option<Version> {
        let has_more = self.hole.as_ref().is_some_and(|hole| hole.has_more);
        let hole = self.last.filter(|last| has_more || *last < head || !self.waiting.is_empty());
        self.healing = hole.is_some();
        if !self.healing {
            self.hole = None;
        }
        hole
    }

    /// Hands out what the database told of the hole: everything up to the page's version. What was handed out while it
    /// was read is known: a message that came meanwhile and then changed is not told as new again.
    pub(super) fn fill(&mut self, room_id: RoomId, page: ChangePage) -> Progress {
        let Some(known) = self.last else { return Progress::Complete };
        self.hole.get_or_insert_with(|| Hole::after(known)).has_more = page.has_more;
        for change in page.changes.into_iter().filter(|change| change.version() > known) {
            if self.hand_out(&RoomEvent::from_change(room_id, change, known)) == Progress::Closed {
                return Progress::Closed;
            }
        }
        self.skip_to(page.version);
        self.advance_quietly()
    }

    /// Tells every follower to start anew: the hole is too large to be filled.
    pub(super) fn reset(&mut self, room_id: RoomId, version: Version, last_seq: Seq) {
        self.hole = None;
        let frame = ServerFrame::Reset { room_id, version, last_seq }.encode();
        self.behind(version).for_each(|subscriber| subscriber.outbox.push(frame.clone()));
        self.skip_to(version);
    }

    /// Tells every follower that the room is gone: as it was in the end, if that is known.
    pub(super) fn close(&mut self, room_id: RoomId, room: Option<Room>) {
        if let Some(room) = room {
            let (version, body) = (room.version, RoomEventBody::RoomDeleted(Box::new(room)));
            self.hand_out(&RoomEvent { room_id, version, body });
            return;
        }
        for subscriber in self.subscribers.values() {
            subscriber.lose(room_id, Close::NoSuchRoom);
        }
    }

    /// Ends a user's following of the room, without the event that tells why.
    pub(super) fn dismiss(&mut self, room_id: RoomId, user_id: UserId) {
        let gone = self.subscribers.extract_if(|_, subscriber| subscriber.user_id == user_id);
        gone.for_each(|(_, subscriber)| subscriber.lose(room_id, Close::Forbidden));
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
        let told = Told::new(event);
        match self.hole.as_mut().and_then(|hole| hole.note(event)) {
            None => told.tell(self.behind(event.version)),
            // Who has read more in the database than was handed out may know what is new to the others.
            Some(first) => {
                let (ahead, others): (Vec<_>, Vec<_>) =
                    self.behind(event.version).partition(|subscriber| subscriber.after >= first);
                for (followers, since) in [(ahead, event.version), (others, Version::ZERO)] {
                    if !followers.is_empty() {
                        Told::new(&event.since(since)).tell(followers);
                    }
                }
            }
        }
        self.note(event, told)
    }

    /// What follows from an event that was told.
    fn note(&mut self, event: &RoomEvent, told: Told) -> Progress {
        self.remember(told);
        self.last = Some(event.version);
        match &event.body {
            RoomEventBody::MemberLeft(profile) => {
                // Who subscribed knowing more was let in after this: they have come back.
                let gone = self.subscribers.extract_if(|_, subscriber| {
                    subscriber.user_id == profile.member.user_id && subscriber.after < event.version
                });
                gone.for_each(|(_, subscriber)| subscriber.end(Close::Forbidden));
                if self.is_empty() { Progress::Closed } else { Progress::Complete }
            }
            RoomEventBody::RoomDeleted(_) => {
                self.subscribers.drain().for_each(|(_, subscriber)| subscriber.end(Close::NoSuchRoom));
                // Who is still reading finds the room gone.
                self.expected.clear();
                self.held.clear();
                Progress::Closed
            }
            _ => Progress::Complete,
        }
    }

    fn remember(&mut self, told: Told) {
        self.remembered_bytes += told.cost();
        self.remembered.push_back(told);
        while self.remembered.len() > REMEMBERED_EVENTS || self.remembered_bytes > REMEMBERED_BYTES {
            let Some(forgotten) = self.remembered.pop_front() else { break };
            self.remembered_bytes -= forgotten.cost();
            self.remembered_after = forgotten.version;
        }
    }

    /// The followers who do not hold that version yet.
    fn behind(&self, version: Version) -> impl Iterator<Item = &Subscriber> {
        self.subscribers.values().filter(move |subscriber| version > subscriber.after)
    }

    /// What was told from the database is told in its latest state: it cannot be replayed event by event.
    fn skip_to(&mut self, version: Version) {
        if self.last.is_some_and(|last| last < version) {
            self.last = Some(version);
        }
        self.remembered.clear();
        self.remembered_bytes = 0;
        self.remembered_after = self.last.unwrap_or(version);
    }
}

#[cfg(test)]
mod tests;
