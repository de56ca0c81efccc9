//! Claims of many slots by one transaction: each gets one task, which it begins at once. While one is being committed, the
//! next ones gather.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use plaza_application::lanes::Lanes;
use plaza_domain::{
    AttemptOutcome, RepositoryError, Store, Task,
    repository::{ClaimRequest, Result},
};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long one transaction may take: a network that swallows everything must not hold up what comes after.
const BATCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Claims tasks for the slots of a worker.
pub(super) struct Claims {
    lanes: Lanes<Job>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

/// That a slot wants a task of a queue.
struct Job {
    queue: String,
    claimed: oneshot::Sender<Result<Option<Task>>>,
}

/// What a transaction claimed, by queue.
type Claimed = BTreeMap<String, std::vec::IntoIter<Task>>;

impl Claims {
    pub(super) fn start(store: Arc<dyn Store>, by: ClaimRequest) -> Self {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let claim = move |jobs| {
            let store = Arc::clone(&store);
            async move { claim_batch(store.as_ref(), by, jobs).await }
        };
        let lanes = Lanes::start(1, &tracker, &shutdown, claim);
        Self { lanes, tracker, shutdown }
    }

    /// The most urgent task of a queue that is no suspect, claimed; `None` when there is none left. To be called by a slot
    /// that begins it at once, and waits for it.
    pub(super) async fn next(&self, queue: &str) -> Result<Option<Task>> {
        let (claimed, answer) = oneshot::channel();
        let job = Job { queue: queue.to_owned(), claimed };
        self.lanes.submit((), job).map_err(|(_, refused)| RepositoryError::Unavailable(refused.into()))?;
        answer.await.unwrap_or_else(|gone| Err(RepositoryError::Unavailable(gone.into())))
    }

    /// Ends, after what was asked for is answered.
    pub(super) async fn stop(&self) {
        self.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

async fn claim_batch(store: &dyn Store, by: ClaimRequest, mut jobs: Vec<Job>) {
    jobs.retain(|job| !job.claimed.is_closed());
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for job in &jobs {
        *wanted.entry(job.queue.clone()).or_default() += 1;
    }
    if wanted.is_empty() {
        return;
    }
    let claiming = timeout(BATCH_TIMEOUT, claim(store, by, wanted)).await;
    let claimed = claiming.unwrap_or_else(|too_slow| Err(RepositoryError::Unavailable(too_slow.into())));
    let mut left = Vec::new();
    match claimed {
        Ok(mut claimed) => {
            for Job { queue, claimed: slot } in jobs {
                let task = claimed.get_mut(&queue).and_then(Iterator::next);
                if let Err(Ok(Some(task))) = slot.send(Ok(task)) {
                    left.push(task);
                }
            }
            left.extend(claimed.into_values().flatten());
        }
        Err(error) => {
            let reason = error.to_string();
            for job in jobs {
                let _ = job.claimed.send(Err(RepositoryError::Unavailable(reason.clone().into())));
            }
        }
    }
    if !left.is_empty()
        && let Err(error) = give_back(store, left).await
    {
        tracing::warn!(error = ?error, "tasks could not be given back: their leases will expire");
    }
}

async fn claim(store: &dyn Store, by: ClaimRequest, wanted: BTreeMap<String, u64>) -> Result<Claimed> {
    let mut work = store.begin().await?;
    let mut claimed = Claimed::new();
    for (queue, count) in wanted {
        let tasks = work.tasks().claim_next(&queue, count, by).await?;
        claimed.insert(queue, tasks.into_iter());
    }
    if claimed.values().all(|tasks| tasks.len() == 0) {
        return Ok(claimed);
    }
    work.commit().await?;
    Ok(claimed)
}

/// Gives back what no slot waits for any more, without burning its attempt.
async fn give_back(store: &dyn Store, tasks: Vec<Task>) -> Result<()> {
    let outcome =
        AttemptOutcome::Snooze { reason: "no slot waited for it".to_owned(), delay: TimeDelta::zero() };
    let mut work = store.begin().await?;
    for task in tasks {
        work.tasks().finish(task.id, task.token, &outcome).await?;
    }
    work.commit().await
}
