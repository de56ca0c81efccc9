//! Whether a worker gets around: what probes and metrics ask.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a loop may take before the worker counts as stuck. Its steps have deadlines of some seconds each.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// When a worker's loops ended last.
///
/// A loop is a round of maintenance, while slots that are free look for tasks. One that ends because the database does
/// not answer is not a success, which shows as age; but the worker is not stuck: restarting it would not help, while
/// restarting one that hangs does.
#[derive(Debug)]
pub struct Pulse {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When a slot last looked for a task, whether it found one or not.
    looked_at: Instant,
    turned_at: Instant,
    succeeded_at: Instant,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { state: Mutex::new(State { looked_at: now, turned_at: now, succeeded_at: now }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago a loop last succeeded, or the worker began.
    pub fn age(&self) -> Duration {
        self.state().succeeded_at.elapsed()
    }

    /// Whether no loop has ended for so long that only a restart helps.
    pub fn is_stuck(&self) -> bool {
        self.state().turned_at.elapsed() > STUCK_AFTER
    }

    /// A slot has looked for a task.
    pub(crate) fn look(&self) {
        self.state().looked_at = Instant::now();
    }

    /// A round of maintenance has ended. It counts unless a slot is free and none has looked for a task since
    /// `look_within`. Returns whether it counts as a success.
    pub(crate) fn turn(&self, is_success: bool, is_slot_free: bool, look_within: Duration) -> bool {
        let mut state = self.state();
        if is_slot_free && state.looked_at.elapsed() > look_within {
            return false;
        }
        state.turned_at = Instant::now();
        if is_success {
            state.succeeded_at = state.turned_at;
        }
        is_success
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_cannot_reach_the_database_ages_but_is_not_stuck() {
        let pulse = Pulse::new();
        for _ in 0..10 {
            advance(30 * SECOND).await;
            pulse.look();
            assert!(!pulse.turn(false, true, 30 * SECOND));
        }
        assert_eq!((pulse.age(), pulse.is_stuck()), (300 * SECOND, false));
        assert!(pulse.turn(true, true, 30 * SECOND));
        assert_eq!(pulse.age(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_whose_rounds_do_not_end_is_stuck() {
        let pulse = Pulse::new();
        advance(60 * SECOND).await;
        assert!(!pulse.is_stuck());
        advance(SECOND).await;
        assert!(pulse.is_stuck());
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_whose_free_slots_do_not_look_is_stuck_and_one_that_is_busy_is_not() {
        let pulse = Pulse::new();
        advance(61 * SECOND).await;
        assert!(!pulse.turn(true, true, 30 * SECOND));
        assert!(pulse.is_stuck());
        assert!(pulse.turn(true, false, 30 * SECOND));
        assert!(!pulse.is_stuck());
    }
}
