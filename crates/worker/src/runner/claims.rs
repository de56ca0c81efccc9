//! Claims of many slots by one transaction: each gets one task, which it begins at once. While one is being committed, the
//! next ones gather.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

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
type Claimed = BTreeMap<String, VecDeque<Task>>;

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
    let mut claimed = Claimed::new();
    let claiming = timeout(BATCH_TIMEOUT, claim(store, by, wanted, &mut claimed)).await;
    match claiming.unwrap_or_else(|too_slow| Err(RepositoryError::Unavailable(too_slow.into()))) {
        Ok(()) => {
            let mut refused = Vec::new();
            for Job { queue, claimed: slot } in jobs {
                let task = claimed.get_mut(&queue).and_then(VecDeque::pop_front);
                if let Err(Ok(Some(task))) = slot.send(Ok(task)) {
                    refused.push((queue, task));
                }
            }
            for (queue, task) in refused {
                claimed.entry(queue).or_default().push_back(task);
            }
        }
        // The commit may have been done all the same: its answer was lost, or came too late.
        Err(error) => {
            let reason = error.to_string();
            for job in jobs {
                let _ = job.claimed.send(Err(RepositoryError::Unavailable(reason.clone().into())));
            }
        }
    }
    let left: Vec<Task> = claimed.into_values().flatten().collect();
    if left.is_empty() {
        return;
    }
    let giving = timeout(BATCH_TIMEOUT, give_back(store, by, left)).await;
    if let Err(error) = giving.unwrap_or_else(|too_slow| Err(RepositoryError::Unavailable(too_slow.into()))) {
        tracing::warn!(error = ?error, "tasks could not be given back: their leases will expire");
    }
}

async fn claim(
    store: &dyn Store,
    by: ClaimRequest,
    wanted: BTreeMap<String, u64>,
    claimed: &mut Claimed,
) -> Result<()> {
    let mut work = store.begin().await?;
    for (queue, count) in wanted {
        let tasks = work.tasks().claim_next(&queue, count, by).await?;
        claimed.insert(queue, tasks.into());
    }
    if claimed.values().all(VecDeque::is_empty) {
        return Ok(());
    }
    work.commit().await
}

/// Gives back what no slot waits for any more, without burning its attempt.
async fn give_back(store: &dyn Store, by: ClaimRequest, tasks: Vec<Task>) -> Result<()> {
    let outcome =
        AttemptOutcome::Snooze { reason: "no slot waited for it".to_owned(), delay: TimeDelta::zero() };
    let mut work = store.begin().await?;
    for task in tasks {
        // After a claim that was rolled back, another worker's has the same token, and this one's latest has ended.
        let latest = work.tasks().attempts(task.id, 1).await?.pop();
        if latest.is_some_and(|latest| latest.worker_id == by.worker && latest.ended_at.is_none()) {
            work.tasks().finish(task.id, task.token, &outcome).await?;
        }
    }
    work.commit().await
}
