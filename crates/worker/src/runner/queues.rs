//! Which queue is next: by weight among those that have room, so that a busy queue keeps no other waiting for long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};

use crate::QueueSettings;

/// What one task costs a queue of weight 1; one of weight n pays an n-th. Divisible by many weights.
const STRIDE: u64 = 720_720;

/// The queues that a worker takes tasks from, and what it runs of each.
pub(crate) struct Queues {
    state: Mutex<State>,
}

struct State {
    queues: Vec<Queue>,
    /// When the database is to be asked whatever the wake-ups say.
    next_look: Instant,
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
        });
        Self { state: Mutex::new(State { queues: queues.collect(), next_look: Instant::now() }) }
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
        let mut open: Vec<&Queue> = state.queues.iter().filter(|queue| queue.has_room()).collect();
        open.sort_by_key(|queue| (queue.turn(), queue.stride));
        open.into_iter().map(|queue| queue.name.clone()).collect()
    }

    /// Whether to ask the database now instead of waiting for a wake-up: because some may have been lost since that
    /// was last done, `interval` ago, or because it is known that there is more.
    pub(super) fn must_look(&self, interval: Duration) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        if now >= state.next_look {
            state.next_look = now + interval;
            return true;
        }
        state.queues.iter().any(|queue| queue.has_more && queue.has_room())
    }

    /// Notes whether a queue may have tasks that no wake-up will tell of.
    pub(super) fn note_more(&self, name: &str, has_more: bool) {
        if let Some(queue) = self.state().queues.iter_mut().find(|queue| queue.name == name) {
            queue.has_more = has_more;
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
        queue.running = queue.running.saturating_sub(1);
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

    #[tokio::test(start_paused = true)]
    async fn the_database_is_asked_in_intervals_and_while_there_is_more() {
        let queues = queues(&[("media", 1, 1)]);
        let interval = Duration::from_secs(2);
        assert!(queues.must_look(interval));
        assert!(!queues.must_look(interval));
        queues.note_more("media", true);
        assert!(queues.must_look(interval));
        let place = queues.reserve("media");
        assert!(!queues.must_look(interval), "there is no room for more");
        drop(place);
        queues.note_more("media", false);
        assert!(!queues.must_look(interval));
        tokio::time::advance(interval).await;
        assert!(queues.must_look(interval));
    }
}
