//! Whether what Plaza depends on answers. That Plaza itself is alive, it shows by answering at all.

use std::{error::Error, future::Future, sync::Arc, time::Duration};

use plaza_application::ports::{BlobStore, Scanner};
use plaza_domain::Store;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::redis::RedisPool;

const DEADLINE: Duration = Duration::from_secs(2);
/// How long an answer is good: asking costs writes, and everybody may ask.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How one dependency is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyStatus {
    /// `database`, `redis`, `scanner` or `storage`.
    pub name: &'static str,
    /// Whether it answers as it should.
    pub healthy: bool,
    /// Whether Plaza cannot serve without it; without the others it serves, with delays.
    pub required: bool,
    /// What is wrong, in words that tell no secret.
    pub detail: Option<String>,
}

/// What was found, and when.
type Answer = (Instant, Vec<DependencyStatus>);

/// Asks every dependency.
#[derive(Clone)]
pub struct Health {
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    redis: Option<RedisPool>,
    scanner: Option<Arc<dyn Scanner>>,
    /// Held while asking, so that many who ask at once are one question.
    last: Arc<Mutex<Option<Answer>>>,
}

impl Health {
    /// Asks these.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        blobs: Arc<dyn BlobStore>,
        redis: Option<RedisPool>,
        scanner: Option<Arc<dyn Scanner>>,
    ) -> Self {
        Self { store, blobs, redis, scanner, last: Arc::default() }
    }

    /// How all of them are, or were a second ago; takes at most four seconds.
    pub async fn check(&self) -> Vec<DependencyStatus> {
        let mut last = self.last.lock().await;
        if let Some((asked_at, found)) = &*last
            && asked_at.elapsed() < GOOD_FOR
        {
            return found.clone();
        }
        let found = self.ask_all().await;
        *last = Some((Instant::now(), found.clone()));
        found
    }

    async fn ask_all(&self) -> Vec<DependencyStatus> {
        let redis = async {
            match &self.redis {
                Some(pool) => Some(ask("redis", false, pool.ping()).await),
                None => None,
            }
        };
        let scanner = async {
            match &self.scanner {
                Some(scanner) => Some(ask("scanner", false, scanner.check()).await),
                None => None,
            }
        };
        let (database, storage, redis, scanner) = tokio::join!(
            ask("database", true, self.store.ping()),
            ask("storage", true, self.blobs.check()),
            redis,
            scanner,
        );
        [Some(database), Some(storage), redis, scanner].into_iter().flatten().collect()
    }
}

async fn ask<E: Error>(
    name: &'static str,
    required: bool,
    question: impl Future<Output = Result<(), E>>,
) -> DependencyStatus {
    let detail = match timeout(DEADLINE, question).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} seconds", DEADLINE.as_secs())),
    };
    DependencyStatus { name, healthy: detail.is_none(), required, detail }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_hangs_is_reported_in_time() {
        let status = ask("database", true, pending::<Result<(), Infallible>>()).await;
        assert!(!status.healthy);
        assert_eq!(status.detail.as_deref(), Some("no answer within 2 seconds"));
    }

    #[tokio::test]
    async fn a_failure_is_told_in_its_own_words() {
        let status = ask("storage", true, async { Err(std::fmt::Error) }).await;
        assert_eq!(status.detail, Some(std::fmt::Error.to_string()));
    }
}
