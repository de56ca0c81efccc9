//! A suspect, which is a task with which a worker has vanished, is claimed and run with nothing beside it: should it be
//! what takes workers down, it does not take its neighbours' chances with it.
//!
//! A slot takes a place beside the others before it claims a task, and keeps it until the task is reported. For a suspect
//! it waits until it has the worker to itself, and claims only then. So a good task is counted as crashed once at most,
//! beside a task that nobody knew.

use std::time::Duration;

use tokio::{
    sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Instant, timeout},
};

/// How long a slot first waits for the others to end what they run. Meanwhile they begin nothing: so the wait is short,
/// and twice as long each time that it was in vain.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// No longer than that, or one long task would keep the other slots idle. Tasks that take longer and overlap all the time
/// leave the suspect to other workers.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// For how many times as long the others are left alone after a wait that was in vain.
const REST: u32 = 4;

/// Who runs beside whom in a worker.
#[derive(Debug)]
pub(super) struct Isolation {
    running: RwLock<()>,
    search: Mutex<Search>,
}

/// When suspects are looked for, and how long one is waited for.
#[derive(Debug)]
struct Search {
    next_at: Instant,
    wait: Duration,
}

/// A place to run beside others, until it is dropped.
pub(super) type Beside<'a> = RwLockReadGuard<'a, ()>;

/// The turn of one slot to look for a suspect.
pub(super) struct Turn<'a> {
    running: &'a RwLock<()>,
    search: MutexGuard<'a, Search>,
}

/// That nothing else of the worker runs, until it is dropped.
pub(super) struct Alone<'a> {
    _running: RwLockWriteGuard<'a, ()>,
    search: MutexGuard<'a, Search>,
}

impl Isolation {
    pub(super) fn new() -> Self {
        let search = Search { next_at: Instant::now(), wait: FIRST_WAIT };
        Self { running: RwLock::new(()), search: Mutex::new(search) }
    }

    /// Waits for a place beside others: while a suspect runs, or waits for what runs to end, there is none.
    pub(super) async fn beside(&self) -> Beside<'_> {
        self.running.read().await
    }

    /// Whether there is such a place now.
    pub(super) fn is_open(&self) -> bool {
        self.running.try_read().is_ok()
    }

    /// The turn to look for a suspect; `None` when that was done no longer than `interval` ago, or another slot is at it.
    pub(super) fn turn(&self, interval: Duration) -> Option<Turn<'_>> {
        let mut search = self.search.try_lock().ok()?;
        let now = Instant::now();
        if now < search.next_at {
            return None;
        }
        search.next_at = now + interval;
        Some(Turn { running: &self.running, search })
    }
}

impl<'a> Turn<'a> {
    /// Notes that there is no suspect.
    pub(super) fn found_none(mut self) {
        self.search.wait = FIRST_WAIT;
    }

    /// Waits until nothing else runs; `None` when that takes too long, and then it is tried again later.
    pub(super) async fn alone(mut self) -> Option<Alone<'a>> {
        let wait = self.search.wait;
        let Ok(running) = timeout(wait, self.running.write()).await else {
            self.search.next_at = Instant::now() + wait * REST;
            self.search.wait = (wait * 2).min(LONGEST_WAIT);
            return None;
        };
        self.search.wait = FIRST_WAIT;
        Some(Alone { _running: running, search: self.search })
    }
}

impl Alone<'_> {
    /// Notes that a suspect was claimed: there may be more, which are looked for once it has ended.
    pub(super) fn note_more(&mut self) {
        self.search.next_at = Instant::now();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use futures::FutureExt;
    use tokio::time::advance;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_suspect_has_the_worker_to_itself() {
        let isolation = Isolation::new();
        let (one, two) = (isolation.beside().await, isolation.beside().await);
        let mut waiting = Box::pin(isolation.turn(INTERVAL).unwrap().alone());
        assert!(waiting.as_mut().now_or_never().is_none(), "others run");
        assert!(isolation.beside().now_or_never().is_none(), "another one begins");
        drop((one, two));
        let alone = waiting.await;
        assert!(alone.is_some());
        assert!(isolation.beside().now_or_never().is_none() && !isolation.is_open());
        assert!(isolation.turn(Duration::ZERO).is_none(), "another suspect is looked for");
        drop(alone);
        assert!(isolation.beside().now_or_never().is_some() && isolation.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn suspects_are_looked_for_in_intervals_and_again_after_each() {
        let isolation = Isolation::new();
        isolation.turn(INTERVAL).unwrap().found_none();
        assert!(isolation.turn(INTERVAL).is_none());
        advance(INTERVAL).await;
        let mut alone = isolation.turn(INTERVAL).unwrap().alone().await.unwrap();
        alone.note_more();
        drop(alone);
        assert!(isolation.turn(INTERVAL).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_task_keeps_the_others_idle_for_a_fifth_of_its_time_at_most() {
        let isolation = Isolation::new();
        let long = isolation.beside().await;
        let (started, mut waited) = (Instant::now(), Duration::ZERO);
        while started.elapsed() < Duration::from_secs(20 * 60) {
            if let Some(turn) = isolation.turn(INTERVAL) {
                let since = Instant::now();
                assert!(turn.alone().await.is_none());
                assert!(since.elapsed() <= LONGEST_WAIT);
                assert!(isolation.beside().now_or_never().is_some(), "others begin again");
                waited += since.elapsed();
            }
            advance(Duration::from_millis(100)).await;
        }
        assert!(waited > LONGEST_WAIT && waited * REST <= started.elapsed(), "waited {waited:?}");
        drop(long);
        advance(LONGEST_WAIT * REST).await;
        drop(isolation.turn(INTERVAL).unwrap().alone().await.unwrap());
        assert_eq!(isolation.search.lock().await.wait, FIRST_WAIT);
    }
}
