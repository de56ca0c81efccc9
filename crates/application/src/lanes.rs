//! Lanes: tasks that work off jobs in batches, for one key always the same one. While a batch is under way, the next one
//! gathers. No timer, so no latency is added when there is little to do, and one durable write for many jobs when there
//! is much.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    panic::AssertUnwindSafe,
};

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Error;

/// How many jobs may wait in a lane; more are refused, so that clients slow down.
const LANE_CAPACITY: usize = 4_096;
/// The most jobs of one batch: bounds the parameters of a transaction and how long it holds its locks.
const MAX_BATCH: usize = 256;

/// The lanes of an instance for one kind of work. They end when this is dropped, too.
pub struct Lanes<J> {
    senders: Vec<mpsc::Sender<J>>,
}

impl<J: Send + 'static> Lanes<J> {
    /// Starts lanes that hand their batches to `work`, each one batch at a time. They end on `shutdown`, after what they
    /// had accepted is done.
    pub fn start<W, F>(lanes: usize, tracker: &TaskTracker, shutdown: &CancellationToken, work: W) -> Self
    where
        W: Fn(Vec<J>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let start_lane = |_| {
            let (sender, receiver) = mpsc::channel(LANE_CAPACITY);
            tracker.spawn(run_lane(receiver, shutdown.clone(), work.clone()));
            sender
        };
        Self { senders: (0..lanes.max(1)).map(start_lane).collect() }
    }

    /// Hands a job over without waiting.
    ///
    /// # Errors
    /// `Unavailable`, with the job, when its lane is full or has ended.
    pub fn submit(&self, key: impl Hash, job: J) -> Result<(), (J, Error)> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % self.senders.len() as u64).unwrap_or_default();
        self.senders[lane].try_send(job).map_err(|refused| {
            let (job, cause) = match refused {
                mpsc::error::TrySendError::Full(job) => (job, "too much is waiting to be stored"),
                mpsc::error::TrySendError::Closed(job) => (job, "the server is stopping"),
            };
            (job, Error::Unavailable(cause.into()))
        })
    }
}

async fn run_lane<J, W, F>(mut receiver: mpsc::Receiver<J>, shutdown: CancellationToken, work: W)
where
    W: Fn(Vec<J>) -> F,
    F: Future<Output = ()>,
{
    let mut batch = Vec::with_capacity(MAX_BATCH);
    loop {
        let received = tokio::select! {
            biased;
            count = receiver.recv_many(&mut batch, MAX_BATCH) => count,
            // What was accepted before is still done: closing only refuses new jobs.
            () = shutdown.cancelled(), if !receiver.is_closed() => {
                receiver.close();
                continue;
            }
        };
        if received == 0 {
            return;
        }
        // A lane outlives its batches: without it, its keys would be served no more until the next start. What a batch
        // leaves behind is dropped with it: a transaction rolls back, and whoever waits learns that there is no answer.
        let working = AssertUnwindSafe(work(std::mem::take(&mut batch)));
        if working.catch_unwind().await.is_err() {
            tracing::error!("a batch ended by a fault");
        }
        batch.reserve(MAX_BATCH);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    #[tokio::test]
    async fn a_fault_ends_its_batch_and_no_lane() -> Result<(), Box<dyn std::error::Error>> {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let lanes = Lanes::start(1, &tracker, &shutdown, |jobs: Vec<oneshot::Sender<usize>>| async move {
            let count = jobs.len();
            for job in jobs {
                job.send(1 / (count - 1)).ok();
            }
        });
        let (alone, answer) = oneshot::channel();
        lanes.submit(1, alone).map_err(|(_, error)| error)?;
        assert!(answer.await.is_err(), "a batch of one divides by zero");
        let ((one, first), (two, second)) = (oneshot::channel(), oneshot::channel());
        lanes.submit(1, one).map_err(|(_, error)| error)?;
        lanes.submit(1, two).map_err(|(_, error)| error)?;
        assert_eq!((first.await?, second.await?), (1, 1));
        Ok(())
    }

    #[tokio::test]
    async fn what_was_accepted_is_done_before_the_end_and_what_comes_later_is_given_back()
    -> Result<(), Box<dyn std::error::Error>> {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let gate = Arc::new(Semaphore::new(0));
        let lanes = Lanes::start(1, &tracker, &shutdown, {
            let gate = Arc::clone(&gate);
            move |jobs: Vec<oneshot::Sender<()>>| {
                let gate = Arc::clone(&gate);
                async move {
                    if gate.acquire().await.is_ok() {
                        for job in jobs {
                            job.send(()).ok();
                        }
                    }
                }
            }
        });
        let (job, done) = oneshot::channel();
        lanes.submit(1, job).map_err(|(_, error)| error)?;
        shutdown.cancel();
        gate.add_permits(1);
        done.await?;
        tracker.close();
        tracker.wait().await;
        assert!(matches!(lanes.submit(1, oneshot::channel().0), Err((_, Error::Unavailable(_)))));
        Ok(())
    }

    #[tokio::test]
    async fn a_full_lane_gives_jobs_back() {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let lanes = Lanes::start(1, &tracker, &shutdown, |_: Vec<usize>| std::future::pending());
        let refused = (0..2 * LANE_CAPACITY).filter_map(|job| lanes.submit(1, job).err()).collect::<Vec<_>>();
        assert_eq!(refused.len(), LANE_CAPACITY);
        assert!(matches!(refused[0], (LANE_CAPACITY, Error::Unavailable(_))));
    }
}
