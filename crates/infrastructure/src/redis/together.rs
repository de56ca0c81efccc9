//! Limits that instances count together, as long as Redis answers: each counts for itself when it does not.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::time::timeout;

use super::RedisError;

/// After a failure each instance counts for itself for so long, before Redis is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks Redis, unless it has just failed.
pub(super) struct Together {
    what: &'static str,
    patience: Duration,
    started: Instant,
    /// In milliseconds since `started`.
    alone_until: AtomicU64,
}

impl Together {
    /// Redis is given up when it does not answer within `patience`; `what` is counted is for the log.
    pub(super) fn new(what: &'static str, patience: Duration) -> Self {
        Self { what, patience, started: Instant::now(), alone_until: AtomicU64::new(0) }
    }

    /// The answer of Redis; `None` when the instance is to count for itself.
    pub(super) async fn ask<T>(&self, asked: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        if self.started.elapsed() < Duration::from_millis(self.alone_until.load(Ordering::Relaxed)) {
            return None;
        }
        let outcome = match timeout(self.patience, asked).await {
            Ok(outcome) => outcome,
            Err(elapsed) => Err(elapsed.into()),
        };
        outcome
            .inspect_err(|error| {
                self.go_alone();
                let error: &(dyn std::error::Error + 'static) = error;
                tracing::warn!(error, limits.of = self.what, "each instance counts for itself");
            })
            .ok()
    }

    fn go_alone(&self) {
        let until = u64::try_from((self.started.elapsed() + PAUSE).as_millis()).unwrap_or(u64::MAX);
        self.alone_until.store(until, Ordering::Relaxed);
    }
}

/// What scripts are given.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
