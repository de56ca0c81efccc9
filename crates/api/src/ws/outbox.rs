//! What waits to be sent to one connection: bounded by bytes, and drained whole.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use plaza_domain::{RoomId, Version};

use super::{close::Close, frame::Frame};

/// The most bytes that wait for one connection. A client that is further behind is told to come back and resume:
/// reading from the database costs less than remembering for it.
const CAPACITY_BYTES: usize = 1024 * 1024;
/// What a frame costs beyond its bytes.
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

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    bytes: usize,
    nudges: HashMap<RoomId, Option<Version>>,
    is_doubted: bool,
    is_sent_away: bool,
    close: Option<Close>,
    /// The connection, while it waits for something to be here.
    reader: Option<Waker>,
}

impl State {
    fn is_empty(&self) -> bool {
        let has_calls = self.is_doubted || self.is_sent_away || self.close.is_some();
        !has_calls && self.frames.is_empty() && self.nudges.is_empty()
    }

    /// Moves the frames that wait behind those in `queue`. One that was emptied is swapped: its memory serves again.
    fn move_frames(&mut self, queue: &mut VecDeque<Frame>) {
        self.bytes = 0;
        if queue.is_empty() {
            std::mem::swap(&mut self.frames, queue);
        } else {
            queue.append(&mut self.frames);
        }
    }
}

/// What a connection is called for, besides frames.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    /// There are rooms to follow.
    pub(super) has_nudges: bool,
    /// It is to look whether it may still be there.
    pub(super) is_doubted: bool,
    /// The server is going away.
    pub(super) is_sent_away: bool,
    /// It is to end once the frames were sent.
    pub(super) close: Option<Close>,
}

/// The queue between everybody who has something to tell a connection, and the connection: whoever tells the first thing
/// wakes it, and it takes all that has gathered until it gets its turn.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
}

impl Outbox {
    /// Appends a frame. When there is no room, droppable frames go first; when that is not enough, the connection is
    /// closed and everything that waits for it is forgotten.
    pub(super) fn push(&self, frame: Frame) {
        let mut state = self.lock();
        if state.close.is_some() {
            return;
        }
        if state.bytes + cost_of(&frame) > CAPACITY_BYTES {
            if frame.is_droppable() {
                return;
            }
            state.frames.retain(|waiting| !waiting.is_droppable());
            state.bytes = state.frames.iter().map(cost_of).sum();
            if state.bytes + cost_of(&frame) > CAPACITY_BYTES {
                state.frames.clear();
                state.bytes = 0;
                state.close = Some(Close::TooSlow);
                wake(state);
                return;
            }
        }
        state.bytes += cost_of(&frame);
        state.frames.push_back(frame);
        wake(state);
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
        wake(state);
    }

    /// Takes the rooms to follow, each with from where at most.
    pub(super) fn take_nudges(&self) -> HashMap<RoomId, Option<Version>> {
        std::mem::take(&mut self.lock().nudges)
    }

    /// Asks the connection to look whether it may still be there.
    pub(super) fn doubt(&self) {
        let mut state = self.lock();
        state.is_doubted = true;
        wake(state);
    }

    /// Asks the connection to send its client away: the server is going away.
    pub(super) fn send_away(&self) {
        let mut state = self.lock();
        state.is_sent_away = true;
        wake(state);
    }

    /// Ends the connection after what waits now was sent.
    pub(super) fn close(&self, reason: Close) {
        let mut state = self.lock();
        state.close.get_or_insert(reason);
        wake(state);
    }

    /// Moves the frames that wait behind those in `queue`, and tells what else the connection is called for; only nudges stay.
    /// With nothing at all, the task of `cx` is woken when there is something.
    pub(super) fn poll_take(&self, cx: &Context<'_>, queue: &mut VecDeque<Frame>) -> Poll<Calls> {
        let mut state = self.lock();
        if state.is_empty() {
            match &mut state.reader {
                Some(reader) => reader.clone_from(cx.waker()),
                reader @ None => *reader = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        state.move_frames(queue);
        Poll::Ready(Calls {
            has_nudges: !state.nudges.is_empty(),
            is_doubted: std::mem::take(&mut state.is_doubted),
            is_sent_away: std::mem::take(&mut state.is_sent_away),
            close: state.close,
        })
    }

    /// Moves the frames that wait behind those in `queue`, and tells whether the connection shall end after them.
    pub(super) fn take(&self, queue: &mut VecDeque<Frame>) -> Option<Close> {
        let mut state = self.lock();
        state.move_frames(queue);
        state.close
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code between locking and unlocking can leave the queue half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost_of(frame: &Frame) -> usize {
    frame.bytes().len() + FRAME_OVERHEAD
}

/// Unlocks, and wakes the connection if it waits. Once it is woken nobody needs to wake it again before it has looked.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
impl Outbox {
    /// Everything that waits, and whether the connection shall end after it.
    pub(super) fn drained(&self) -> (VecDeque<Frame>, Option<Close>) {
        let mut frames = VecDeque::new();
        let close = self.take(&mut frames);
        (frames, close)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;

    fn frame_of(bytes: usize) -> String {
        "x".repeat(bytes)
    }

    #[test]
    fn frames_are_taken_in_the_order_they_came() {
        let outbox = Outbox::default();
        outbox.push(Frame::essential(&"1"));
        outbox.push(Frame::droppable(&"2"));
        let (frames, close) = outbox.drained();
        assert_eq!(frames.iter().map(Frame::text).collect::<Vec<_>>(), ["\"1\"", "\"2\""]);
        assert_eq!(close, None);
    }

    #[test]
    fn droppable_frames_make_room_for_essential_ones() {
        let outbox = Outbox::default();
        outbox.push(Frame::droppable(&frame_of(CAPACITY_BYTES / 2)));
        outbox.push(Frame::essential(&frame_of(CAPACITY_BYTES / 4)));
        outbox.push(Frame::essential(&frame_of(CAPACITY_BYTES / 2)));
        let (frames, close) = outbox.drained();
        assert_eq!(frames.len(), 2);
        assert_eq!(close, None);
    }

    #[test]
    fn a_connection_that_is_too_far_behind_is_closed_to_resume() {
        let outbox = Outbox::default();
        outbox.push(Frame::essential(&frame_of(CAPACITY_BYTES / 2)));
        outbox.push(Frame::essential(&frame_of(CAPACITY_BYTES)));
        let (frames, close) = outbox.drained();
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
        outbox.push(Frame::essential(&"late"));
        let (frames, close) = outbox.drained();
        assert!(frames.is_empty());
        assert_eq!(close, Some(Close::GoingAway));
    }
    #[test]
    fn who_waits_is_woken_once_and_takes_all_that_has_gathered() {
        let (outbox, woken) = (Outbox::default(), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&woken));
        let mut frames = VecDeque::new();
        assert!(outbox.poll_take(&Context::from_waker(&waker), &mut frames).is_pending());
        for text in ["1", "2", "3"] {
            outbox.push(Frame::essential(&text));
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(outbox.poll_take(&Context::from_waker(&waker), &mut frames).is_ready());
        assert_eq!(frames.len(), 3);
        frames.clear();
        assert!(outbox.poll_take(&Context::from_waker(&waker), &mut frames).is_pending());
        outbox.doubt();
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_call_is_taken_once_and_rooms_to_follow_until_they_are_taken() {
        let (outbox, cx) = (Outbox::default(), Context::from_waker(Waker::noop()));
        outbox.doubt();
        outbox.send_away();
        outbox.nudge(Nudge { room_id: RoomId::new(uuid::Uuid::nil()), at_most: None });
        let calls = || match outbox.poll_take(&cx, &mut VecDeque::new()) {
            Poll::Ready(Calls { has_nudges, is_doubted, is_sent_away, close: None }) => {
                Some((has_nudges, is_doubted, is_sent_away))
            }
            _ => None,
        };
        assert_eq!(calls(), Some((true, true, true)));
        assert_eq!(calls(), Some((true, false, false)));
        outbox.take_nudges();
        assert_eq!(calls(), None);
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
