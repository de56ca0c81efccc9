//! A limiter of guesses within this process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use moka::{ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use plaza_domain::{Clock, Timestamp};

use crate::ports::{GUESS_MEMORY, GuessLimiter, guess_delay};

/// How many keys are kept; when there are more, those that were used least recently are forgotten.
const CAPACITY: u64 = 100_000;

#[derive(Clone, Copy)]
struct Guesses {
    count: u32,
    next_at: Timestamp,
}

/// Counts for this process alone, in bounded memory.
pub struct LocalGuessLimiter {
    clock: Arc<dyn Clock>,
    guesses: Cache<String, Guesses>,
}

impl LocalGuessLimiter {
    /// A limiter that remembers nobody.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let guesses = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(GUESS_MEMORY)
            .build();
        Self { clock, guesses }
    }

    /// As [`GuessLimiter::guess`]; does not wait.
    pub fn guess_now(&self, key: &str) -> Duration {
        let now = self.clock.now();
        let mut wait = Duration::ZERO;
        self.guesses.entry_by_ref(key).and_compute_with(|entry| {
            let before = entry.map_or(Guesses { count: 0, next_at: now }, |entry| entry.into_value());
            let (left, most) =
                ((before.next_at - now).to_std().unwrap_or_default(), guess_delay(before.count));
            // Nobody waits for longer than the last guess has cost, though the clock was set back.
            wait = left.min(most);
            if wait.is_zero() {
                let count = before.count.saturating_add(1);
                return Op::Put(Guesses { count, next_at: now + guess_delay(count) });
            }
            if left > most { Op::Put(Guesses { next_at: now + most, ..before }) } else { Op::Nop }
        });
        wait
    }

    /// As [`GuessLimiter::guessed_right`]; does not wait.
    pub fn guessed_right_now(&self, key: &str) {
        self.guesses.invalidate(key);
    }
}

#[async_trait]
impl GuessLimiter for LocalGuessLimiter {
    async fn guess(&self, key: &str) -> Duration {
        self.guess_now(key)
    }

    async fn guessed_right(&self, key: &str) {
        self.guessed_right_now(key);
    }
}
