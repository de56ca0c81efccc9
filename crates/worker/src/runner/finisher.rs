//! Group commit: attempts that succeeded and change nothing else end together, many by one transaction. While one is
//! being committed, the next ones gather.

use std::{collections::HashSet, sync::Arc, time::Duration};

use plaza_application::lanes::Lanes;
use plaza_domain::{RepositoryError, Store, TaskId, repository::Success};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::settle::{SettleError, Settled};

/// How long one transaction may take: a network that swallows everything must not hold up what comes after.
const BATCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends attempts that succeeded.
pub(super) struct Finisher {
    lanes: Lanes<Job>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

/// The end of an attempt on its way to the database, and who waits for it.
struct Job {
    done: Success,
    settled: oneshot::Sender<Result<Settled, SettleError>>,
}

impl Finisher {
    pub(super) fn start(store: Arc<dyn Store>) -> Self {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let end = move |jobs| {
            let store = Arc::clone(&store);
            async move { end_batch(store.as_ref(), jobs).await }
        };
        let lanes = Lanes::start(1, &tracker, &shutdown, end);
        Self { lanes, tracker, shutdown }
    }

    /// Ends an attempt; returns once that is durable.
    pub(super) async fn finish(&self, done: Success) -> Result<Settled, SettleError> {
        let (settled, answer) = oneshot::channel();
        self.lanes.submit((), Job { done, settled }).map_err(|(_, refused)| unavailable(refused))?;
        answer.await.unwrap_or_else(|gone| Err(unavailable(gone)))
    }

    /// Ends, after what was handed over is done.
    pub(super) async fn stop(&self) {
        self.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Ends a batch. When the database refuses it, its attempts are ended one by one: a bad one never fails its neighbours.
async fn end_batch(store: &dyn Store, jobs: Vec<Job>) {
    // Who has given up says something else by now.
    let (jobs, done): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .filter(|job| !job.settled.is_closed())
        .map(|job| (((job.done.id, job.done.token), job.settled), job.done))
        .unzip();
    if done.is_empty() {
        return;
    }
    let mut ended = end_in_time(store, &done).await;
    if matches!(ended, Err(RepositoryError::Unavailable(_))) {
        // A connection that broke is replaced by now. What was stored all the same counts as lost then, and stays ended.
        ended = end_in_time(store, &done).await;
    }
    match ended {
        Ok(ended) => {
            for (attempt, settled) in jobs {
                let _ =
                    settled.send(Ok(if ended.contains(&attempt) { Settled::Done } else { Settled::Lost }));
            }
        }
        // One by one, each would wait as long.
        Err(error @ RepositoryError::Unavailable(_)) => {
            let reason = error.to_string();
            tracing::warn!(error = ?error, batch.size = done.len(), "the ends of attempts could not be stored");
            for (_, settled) in jobs {
                let _ = settled.send(Err(unavailable(reason.clone())));
            }
        }
        Err(error) => {
            tracing::debug!(error = ?error, batch.size = done.len(), "a batch failed; trying one by one");
            for ((attempt, settled), done) in jobs.into_iter().zip(done) {
                let ended = end_in_time(store, &[done]).await;
                let ended =
                    ended.map(|ended| if ended.contains(&attempt) { Settled::Done } else { Settled::Lost });
                let _ = settled.send(ended.map_err(SettleError::from));
            }
        }
    }
}

async fn end_in_time(store: &dyn Store, done: &[Success]) -> Result<HashSet<(TaskId, i64)>, RepositoryError> {
    let ending = async { Ok(store.finish_many(done).await?.into_iter().collect()) };
    timeout(BATCH_TIMEOUT, ending)
        .await
        .unwrap_or_else(|too_slow| Err(RepositoryError::Unavailable(too_slow.into())))
}

fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SettleError {
    SettleError::Store(RepositoryError::Unavailable(cause.into()))
}
