//! When users were last seen: noted here, and written for many users at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plaza_domain::{Store, Timestamp, UserId, repository};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

/// How long what comes after a write gathers for the next one.
const GATHER: Duration = Duration::from_secs(1);
/// How many users one statement writes.
const BATCH: usize = 500;
/// How many users may wait; the sightings of more are lost, which leaves older ones in place.
const CAPACITY: usize = 100_000;

/// Sightings that are not written yet.
pub(super) struct Sightings {
    store: Arc<dyn Store>,
    waiting: Mutex<HashMap<UserId, Timestamp>>,
    noted: Notify,
}

impl Sightings {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, waiting: Mutex::default(), noted: Notify::new() }
    }

    /// Notes that users were there.
    pub(super) fn note(&self, sightings: impl IntoIterator<Item = (UserId, Timestamp)>) {
        let mut waiting = self.waiting();
        for (user_id, at) in sightings {
            if waiting.len() < CAPACITY || waiting.contains_key(&user_id) {
                let latest = waiting.entry(user_id).or_insert(at);
                *latest = at.max(*latest);
            }
        }
        drop(waiting);
        self.noted.notify_one();
    }

    /// Writes what is noted, at most once a second, until `stop`, and then what is left.
    pub(super) async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.noted.notified() => {
                    self.write().await;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep(GATHER) => {}
                    }
                }
            }
        }
        self.write().await;
    }

    async fn write(&self) {
        let waiting: Vec<(UserId, Timestamp)> = std::mem::take(&mut *self.waiting()).into_iter().collect();
        for sightings in waiting.chunks(BATCH) {
            if let Err(error) = self.write_batch(sightings).await {
                tracing::warn!(error = ?error, "when users were last seen is not written yet");
                self.note(sightings.iter().copied());
            }
        }
    }

    /// One time for all of them, the latest: they are gathered within moments.
    async fn write_batch(&self, sightings: &[(UserId, Timestamp)]) -> repository::Result<()> {
        let Some(at) = sightings.iter().map(|(_, at)| *at).max() else { return Ok(()) };
        let user_ids: Vec<UserId> = sightings.iter().map(|(user_id, _)| *user_id).collect();
        let mut work = self.store.begin().await?;
        work.presence().saw(&user_ids, at).await?;
        work.commit().await
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<UserId, Timestamp>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
