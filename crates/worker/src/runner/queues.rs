//! Which queue is next: by weight among those that have room, so that a busy queue keeps no other waiting for long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{Notify, futures::Notified},
    time::{Duration, Instant},
};

use crate::QueueSettings;

/// What one task costs a queue of weight 1; one of weight n pays an n-th. Divisible by many weights.
const STRIDE: u64 = 720_720;

/// The queues that a worker takes tasks from, and what it runs of each.
pub(crate) struct Queues {
    state: Mutex<State>,
    /// Wakes a slot that has nothing to do, when there may be something.
    changed: Notify,
}

struct State {
    queues: Vec<Queue>,
    /// When the database is to be asked whatever the wake-ups say.
    next_look: Instant,
    /// How many slots look for something to do.
    seeking: usize,
}

/// Stride scheduling (Waldspurger and Weihl, 1995): the queue that has got least for its weight is next.
struct Queue {
    name: String,
    limit: usize,
    stride: u64,
    /// What it has paid for its tasks so far.
    paid: u64,
    running: usize,
    /// It may have tasks that no wake-up will tell of.
    has_more: bool,
    /// How many wake-ups of it wait for a slot: one slot took them together.
    announced: usize,
    /// A slot waits for its wake-ups, for all who look for something to do.
    is_heard: bool,
}

/// What a slot that looks for something to do is to do next.
pub(super) enum Step {
    /// Ask the database.
    Look,
    /// Claim a task of this queue: a wake-up came for it.
    Claim(String),
    /// Wait for the wake-ups of queues that no other slot waits for.
    Listen(Ear),
    /// Wait until another slot tells of a change.
    Wait,
}

impl Queue {
    fn has_room(&self) -> bool {
        self.running < self.limit
    }

    /// What it will have paid after its next task: the least is next.
    fn turn(&self) -> u64 {
        self.paid.saturating_add(self.stride)
    }
}

impl Queues {
    pub(crate) fn new(settings: &[QueueSettings]) -> Self {
        let queues = settings.iter().filter(|queue| queue.concurrency > 0).map(|queue| Queue {
            name: queue.name.clone(),
            limit: queue.concurrency,
            stride: STRIDE / u64::from(queue.weight.max(1)),
            paid: 0,
            running: 0,
            has_more: false,
            announced: 0,
            is_heard: false,
        });
        let state = State { queues: queues.collect(), next_look: Instant::now(), seeking: 0 };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation under the lock leaves a queue half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of all of them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state().queues.iter().map(|queue| queue.name.clone()).collect()
    }

    /// How many tasks they may run together.
    pub(crate) fn limit(&self) -> usize {
        self.state().queues.iter().fold(0, |sum: usize, queue| sum.saturating_add(queue.limit))
    }

    /// Those that have room, the one whose turn it is first.
    pub(crate) fn in_turn(&self) -> Vec<String> {
        let state = self.state();
        state.in_turn().into_iter().map(|number| state.queues[number].name.clone()).collect()
    }

    /// Counts a slot that looks for something to do, until it is dropped.
    pub(super) fn seek(&self) -> Seeking<'_> {
        self.state().seeking += 1;
        Seeking(self)
    }

    /// What a slot that looks for something to do is to do. The database is asked instead of waiting for a wake-up because
    /// some may have been lost since that was last done, `interval` ago, or because it is known that there is more.
    pub(super) fn step(self: &Arc<Self>, interval: Duration) -> Step {
        let mut state = self.state();
        let now = Instant::now();
        if now >= state.next_look {
            state.next_look = now + interval;
            return Step::Look;
        }
        if state.queues.iter().any(|queue| queue.has_more && queue.has_room()) {
            return Step::Look;
        }
        let open = state.in_turn();
        if let Some(number) = open.iter().find(|number| state.queues[**number].announced > 0) {
            let queue = &mut state.queues[*number];
            queue.announced -= 1;
            return Step::Claim(queue.name.clone());
        }
        let numbers: Vec<usize> = open.into_iter().filter(|number| !state.queues[*number].is_heard).collect();
        if numbers.is_empty() {
            return Step::Wait;
        }
        for number in &numbers {
            state.queues[*number].is_heard = true;
        }
        Step::Listen(Ear { queues: Arc::clone(self), numbers })
    }

    /// Waits until there may be something to do.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Notes whether a queue may have tasks that no wake-up will tell of.
    pub(super) fn note_more(&self, name: &str, has_more: bool) {
        if let Some(queue) = self.state().queue(name) {
            queue.has_more = has_more;
        }
        if has_more {
            self.changed.notify_one();
        }
    }

    /// Leaves wake-ups of a queue to other slots.
    pub(super) fn announce(&self, name: &str, count: usize) {
        if let Some(queue) = self.state().queue(name) {
            let announced = queue.announced.saturating_add(count);
            // No more than there could be tasks to run: the others are found by looking.
            queue.has_more |= announced > queue.limit;
            queue.announced = announced.min(queue.limit);
        }
        for _ in 0..count {
            self.changed.notify_one();
        }
    }

    /// A place for a task of that queue, until it is dropped; `None` when it runs as many as it may.
    pub(super) fn reserve(self: &Arc<Self>, name: &str) -> Option<Place> {
        let mut state = self.state();
        let number = state.queues.iter().position(|queue| queue.name == name)?;
        let queue = &mut state.queues[number];
        if !queue.has_room() {
            return None;
        }
        queue.running += 1;
        Some(Place { queues: Arc::clone(self), number })
    }
}

impl State {
    fn queue(&mut self, name: &str) -> Option<&mut Queue> {
        self.queues.iter_mut().find(|queue| queue.name == name)
    }

    /// The numbers of those that have room, the one whose turn it is first.
    fn in_turn(&self) -> Vec<usize> {
        let mut open: Vec<usize> =
            (0..self.queues.len()).filter(|number| self.queues[*number].has_room()).collect();
        open.sort_by_key(|number| (self.queues[*number].turn(), self.queues[*number].stride));
        open
    }
}

/// That a slot looks for something to do.
pub(super) struct Seeking<'a>(&'a Queues);

impl Drop for Seeking<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.seeking = state.seeking.saturating_sub(1);
    }
}

/// That a slot waits for the wake-ups of some queues, until it is dropped. Then another takes over.
pub(super) struct Ear {
    queues: Arc<Queues>,
    /// The one whose turn it is first.
    numbers: Vec<usize>,
}

impl Ear {
    /// The queues.
    pub(super) fn names(&self) -> Vec<String> {
        let state = self.queues.state();
        self.numbers.iter().map(|number| state.queues[*number].name.clone()).collect()
    }

    /// How many wake-ups to take together: no more than there are slots to follow them, nor places in any of the queues.
    pub(super) fn limit(&self) -> usize {
        let state = self.queues.state();
        let room = |number: &usize| state.queues[*number].limit.saturating_sub(state.queues[*number].running);
        self.numbers.iter().map(room).max().unwrap_or_default().min(state.seeking).max(1)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut state = self.queues.state();
        for number in &self.numbers {
            state.queues[*number].is_heard = false;
        }
        drop(state);
        self.queues.changed.notify_one();
    }
}

/// A task's place in its queue.
pub(super) struct Place {
    queues: Arc<Queues>,
    number: usize,
}

impl Place {
    /// Lets the queue pay for a task. Those whose turn came before had none, or no room: what they have not used is
    /// forgotten, or they would keep the others waiting once they have work.
    pub(super) fn pay(&self) {
        let mut state = self.queues.state();
        let now = state.queues[self.number].turn();
        for queue in &mut state.queues {
            queue.paid = queue.paid.max(now.saturating_sub(queue.stride));
        }
        state.queues[self.number].paid = now;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queues.state();
        let queue = &mut state.queues[self.number];
        let had_room = queue.has_room();
        queue.running = queue.running.saturating_sub(1);
        drop(state);
        if !had_room {
            // Nobody waits for its wake-ups.
            self.queues.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn queues(of: &[(&str, usize, u32)]) -> Arc<Queues> {
        let settings = of.iter().map(|(name, concurrency, weight)| QueueSettings {
            name: (*name).to_owned(),
            concurrency: *concurrency,
            weight: *weight,
        });
        Arc::new(Queues::new(&settings.collect::<Vec<_>>()))
    }

    /// Takes the next task of those queues that have some, and is done with it at once.
    fn take(queues: &Arc<Queues>, with_work: &[&str]) -> Option<String> {
        let next = queues.in_turn().into_iter().find(|name| with_work.contains(&name.as_str()))?;
        queues.reserve(&next)?.pay();
        Some(next)
    }

    #[test]
    fn queues_take_turns_by_weight() {
        let queues = queues(&[("default", 9, 4), ("media", 9, 2), ("mail", 9, 1)]);
        let mut counts = BTreeMap::new();
        let mut mail_at = Vec::new();
        for turn in 0..70 {
            let next = take(&queues, &["default", "media", "mail"]).unwrap_or_default();
            if next == "mail" {
                mail_at.push(turn);
            }
            *counts.entry(next).or_insert(0) += 1;
        }
        let expected = [("default", 40), ("mail", 10), ("media", 20)];
        assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
        assert!(mail_at.windows(2).all(|pair| pair[1] - pair[0] <= 7), "not smooth: {mail_at:?}");
    }

    #[test]
    fn a_queue_that_was_empty_has_saved_nothing_up() {
        let queues = queues(&[("default", 9, 1), ("media", 9, 1)]);
        for _ in 0..1000 {
            assert_eq!(take(&queues, &["media"]).as_deref(), Some("media"));
        }
        let next: Vec<_> = (0..5).filter_map(|_| take(&queues, &["default", "media"])).collect();
        assert_eq!(next, ["default", "default", "media", "default", "media"]);
    }

    #[test]
    fn a_queue_without_room_is_passed_over_until_a_place_is_free() {
        let queues = queues(&[("default", 2, 1), ("media", 1, 100), ("mail", 0, 1)]);
        assert_eq!(queues.limit(), 3);
        let place = queues.reserve("media");
        assert!(place.is_some());
        assert!(queues.reserve("media").is_none() && queues.reserve("mail").is_none());
        assert_eq!(queues.in_turn(), ["default"]);
        drop(place);
        assert_eq!(queues.in_turn(), ["media", "default"]);
    }

    fn looks(queues: &Arc<Queues>) -> bool {
        matches!(queues.step(Duration::from_secs(2)), Step::Look)
    }

    #[tokio::test(start_paused = true)]
    async fn the_database_is_asked_in_intervals_and_while_there_is_more() {
        let queues = queues(&[("media", 1, 1)]);
        assert!(looks(&queues));
        assert!(!looks(&queues));
        queues.note_more("media", true);
        assert!(looks(&queues));
        let place = queues.reserve("media");
        assert!(!looks(&queues), "there is no room for more");
        drop(place);
        queues.note_more("media", false);
        assert!(!looks(&queues));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(looks(&queues));
    }

    fn heard(step: Step) -> Vec<String> {
        if let Step::Listen(ear) = step { ear.names() } else { Vec::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn one_slot_waits_for_the_wake_ups_of_a_queue_for_all() {
        let (queues, interval) = (queues(&[("default", 3, 1), ("media", 1, 1)]), Duration::from_secs(2));
        assert!(looks(&queues));
        let busy = queues.reserve("media");
        let one = queues.step(interval);
        let Step::Listen(ear) = &one else { return assert!(looks(&queues), "nobody listens") };
        assert_eq!((ear.names(), ear.limit()), (vec!["default".to_owned()], 1));
        let slots = [queues.seek(), queues.seek()];
        assert_eq!(ear.limit(), 2);
        let mut changed = std::pin::pin!(queues.changed());
        changed.as_mut().enable();
        assert!(matches!(queues.step(interval), Step::Wait));
        drop(busy);
        changed.await;
        assert_eq!(heard(queues.step(interval)), ["media"], "it has room again");
        queues.announce("default", 2);
        for _ in 0..2 {
            assert!(matches!(queues.step(interval), Step::Claim(queue) if queue == "default"));
        }
        drop((one, slots));
        assert_eq!(heard(queues.step(interval)), ["default", "media"]);
    }
}
