//! A limiter of guesses that several instances share; alone when Redis does not answer.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use deadpool_redis::redis::{self, Script};
use plaza_application::{
    in_process::LocalGuessLimiter,
    ports::{GUESS_MEMORY, GuessLimiter, guess_delay},
};

use super::{
    RedisError, RedisPool,
    together::{Together, micros},
};

static GUESS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("guess.lua")));
/// What the first guess costs, the second, and so on, in microseconds: up to where it grows no more.
static DELAYS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let steps = (1..=32).map(|count| micros(guess_delay(count)));
    let mut delays: Vec<u64> = steps.collect();
    while delays.len() > 1 && delays[delays.len() - 2] == delays[delays.len() - 1] {
        delays.pop();
    }
    delays
});

/// Counts for all instances together.
pub struct RedisGuessLimiter {
    pool: RedisPool,
    alone: LocalGuessLimiter,
    together: Together,
}

impl RedisGuessLimiter {
    /// A limiter on the server of this pool; `alone` decides while that does not answer within `patience`.
    pub fn new(pool: RedisPool, alone: LocalGuessLimiter, patience: Duration) -> Arc<Self> {
        Arc::new(Self { pool, alone, together: Together::new("wrong passwords", patience) })
    }

    async fn guess_shared(&self, key: &str) -> Result<Duration, RedisError> {
        let mut connection = self.pool.get().await?;
        let mut script = GUESS.prepare_invoke();
        script.key(self.pool.key("guesses", key)).arg(micros(GUESS_MEMORY)).arg(&*DELAYS);
        let wait: u64 = script.invoke_async(&mut connection).await?;
        Ok(Duration::from_micros(wait))
    }

    async fn forget_shared(&self, key: &str) -> Result<(), RedisError> {
        let mut connection = self.pool.get().await?;
        redis::cmd("DEL").arg(self.pool.key("guesses", key)).exec_async(&mut connection).await?;
        Ok(())
    }
}

#[async_trait]
impl GuessLimiter for RedisGuessLimiter {
    async fn guess(&self, key: &str) -> Duration {
        match self.together.ask(self.guess_shared(key)).await {
            Some(wait) => wait,
            None => self.alone.guess_now(key),
        }
    }

    async fn guessed_right(&self, key: &str) {
        self.alone.guessed_right_now(key);
        self.together.ask(self.forget_shared(key)).await;
    }
}
