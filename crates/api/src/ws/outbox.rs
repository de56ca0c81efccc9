//! What waits to be sent to one connection: bounded by bytes, and drained whole.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use plaza_domain::{RoomId, Version};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::close::Close;

/// The most bytes that wait for one connection. A client that is further behind is told to come back and resume:
/// reading from the database costs less than remembering for it.
const CAPACITY_BYTES: usize = 1024 * 1024;
/// What a frame costs beyond its text.
const FRAME_OVERHEAD: usize = 64;

/// How many rooms may wait to be followed: as many as a connection may follow.
const MAX_NUDGES: usize = 1_000;

/// A direct room that a connection shall begin to follow by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nudge {
    pub(super) room_id: RoomId,
    /// From here on, if not from before: what was delivered to another client of the user's since is new to this one.
    pub(super) at_most: Option<Version>,
}

/// An encoded frame, shared by everybody who receives it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) text: Utf8Bytes,
    droppable: bool,
}

impl Frame {
    /// A frame that must arrive, or the connection ends.
    pub(super) fn essential(text: String) -> Self {
        Self { text: text.into(), droppable: false }
    }

    /// A frame that may be lost when the connection cannot keep up.
    pub(super) fn droppable(text: String) -> Self {
        Self { text: text.into(), droppable: true }
    }

    fn cost(&self) -> usize {
        self.text.len() + FRAME_OVERHEAD
    }
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    bytes: usize,
    nudges: HashMap<RoomId, Option<Version>>,
    is_doubted: bool,
    close: Option<Close>,
}

/// The queue between everybody who has something to tell a connection, and the connection.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
}

impl Outbox {
    /// Appends a frame. When there is no room, droppable frames go first; when that is not enough, the connection is
    /// closed and everything that waits for it is forgotten.
    pub(super) fn push(&self, frame: Frame) {
        let mut state = self.lock();
        if state.close.is_some() {
            return;
        }
        if state.bytes + frame.cost() > CAPACITY_BYTES {
            if frame.droppable {
                return;
            }
            state.frames.retain(|waiting| !waiting.droppable);
            state.bytes = state.frames.iter().map(Frame::cost).sum();
            if state.bytes + frame.cost() > CAPACITY_BYTES {
                state.frames.clear();
                state.bytes = 0;
                state.close = Some(Close::TooSlow);
                drop(state);
                self.filled.notify_one();
                return;
            }
        }
        state.bytes += frame.cost();
        state.frames.push_back(frame);
        drop(state);
        self.filled.notify_one();
    }

    /// Asks the connection to follow a room. What is too much is forgotten: the hub asks again when it compares.
    pub(super) fn nudge(&self, nudge: Nudge) {
        let mut state = self.lock();
        let is_full = state.nudges.len() >= MAX_NUDGES && !state.nudges.contains_key(&nudge.room_id);
        if state.close.is_some() || is_full {
            return;
        }
        let known = state.nudges.entry(nudge.room_id).or_default();
        *known = known.iter().copied().chain(nudge.at_most).min();
        drop(state);
        self.filled.notify_one();
    }

    /// Takes the rooms to follow, each with from where at most.
    pub(super) fn take_nudges(&self) -> HashMap<RoomId, Option<Version>> {
        std::mem::take(&mut self.lock().nudges)
    }

    /// Asks the connection to look whether it may still be there.
    pub(super) fn doubt(&self) {
        self.lock().is_doubted = true;
        self.filled.notify_one();
    }

    /// Takes whether that is asked for.
    pub(super) fn take_doubt(&self) -> bool {
        std::mem::take(&mut self.lock().is_doubted)
    }

    /// Ends the connection after what waits now was sent.
    pub(super) fn close(&self, reason: Close) {
        self.lock().close.get_or_insert(reason);
        self.filled.notify_one();
    }

    /// Waits until there is something to take. Cancel safe.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes everything that waits, and whether the connection shall end after it.
    pub(super) fn take(&self) -> (VecDeque<Frame>, Option<Close>) {
        let mut state = self.lock();
        state.bytes = 0;
        (std::mem::take(&mut state.frames), state.close)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code between locking and unlocking can leave the queue half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame_of(bytes: usize) -> String {
        "x".repeat(bytes)
    }

    #[test]
    fn frames_are_taken_in_the_order_they_came() {
        let outbox = Outbox::default();
        outbox.push(Frame::essential("1".into()));
        outbox.push(Frame::droppable("2".into()));
        let (frames, close) = outbox.take();
        assert_eq!(frames.iter().map(|frame| frame.text.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(close, None);
    }

    #[test]
    fn droppable_frames_make_room_for_essential_ones() {
        let outbox = Outbox::default();
        outbox.push(Frame::droppable(frame_of(CAPACITY_BYTES / 2)));
        outbox.push(Frame::essential(frame_of(CAPACITY_BYTES / 4)));
        outbox.push(Frame::essential(frame_of(CAPACITY_BYTES / 2)));
        let (frames, close) = outbox.take();
        assert_eq!(frames.len(), 2);
        assert_eq!(close, None);
    }

    #[test]
    fn a_connection_that_is_too_far_behind_is_closed_to_resume() {
        let outbox = Outbox::default();
        outbox.push(Frame::essential(frame_of(CAPACITY_BYTES / 2)));
        outbox.push(Frame::essential(frame_of(CAPACITY_BYTES)));
        let (frames, close) = outbox.take();
        assert!(frames.is_empty());
        assert_eq!(close, Some(Close::TooSlow));
    }

    #[test]
    fn a_room_to_follow_is_asked_for_once_from_the_earliest_place() {
        let outbox = Outbox::default();
        let room_id = RoomId::new(uuid::Uuid::nil());
        for at_most in [None, Some(Version::new(7)), Some(Version::new(5)), None] {
            outbox.nudge(Nudge { room_id, at_most });
        }
        assert_eq!(outbox.take_nudges(), HashMap::from([(room_id, Some(Version::new(5)))]));
        assert!(outbox.take_nudges().is_empty());
    }

    #[test]
    fn rooms_to_follow_are_bounded() {
        let outbox = Outbox::default();
        for id in 0..=MAX_NUDGES as u128 {
            outbox.nudge(Nudge { room_id: RoomId::new(uuid::Uuid::from_u128(id)), at_most: None });
        }
        assert_eq!(outbox.take_nudges().len(), MAX_NUDGES);
    }

    #[test]
    fn nothing_follows_a_close() {
        let outbox = Outbox::default();
        outbox.close(Close::GoingAway);
        outbox.push(Frame::essential("late".into()));
        let (frames, close) = outbox.take();
        assert!(frames.is_empty());
        assert_eq!(close, Some(Close::GoingAway));
    }
}
