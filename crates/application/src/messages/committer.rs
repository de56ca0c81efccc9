//! Group commit: while one transaction is being committed, the next batch gathers. No timer, so no latency is added
//! when there is little to do, and one durable write for many messages when there is much.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures::FutureExt;
use plaza_domain::{MessageDraft, RoomId, SentMessage, UserId};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Posted,
    batch::{BatchContext, post_batch},
};
use crate::{Error, Result};

/// How many drafts may wait in a lane; more are refused as `Unavailable`, so that senders slow down.
const LANE_CAPACITY: usize = 4_096;
/// The most drafts of one transaction: bounds its parameters and how long it holds its locks.
const MAX_BATCH: usize = 256;

/// Called once, as soon as the outcome is known: for a stored message, before anybody else learns of it.
pub type Completion = Box<dyn FnOnce(Result<Acknowledged<'_>>) + Send + Sync>;

/// A message that is durable, lent to who is told of it first: most need only its place, and copy nothing.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledged<'a> {
    /// The message.
    pub view: &'a SentMessage,
    /// Whether it was stored by an earlier send with the same client id.
    pub duplicate: bool,
}

impl<'a> Acknowledged<'a> {
    pub(super) fn new(view: &'a SentMessage) -> Self {
        Self { view, duplicate: false }
    }

    pub(super) fn again(view: &'a SentMessage) -> Self {
        Self { view, duplicate: true }
    }

    /// The same, to be kept.
    pub fn to_posted(self) -> Posted {
        Posted { view: self.view.clone(), duplicate: self.duplicate }
    }
}

/// A draft on its way to the database.
pub(super) struct Job {
    pub(super) sender_id: UserId,
    pub(super) room_id: RoomId,
    pub(super) draft: MessageDraft,
    pub(super) completion: Completion,
}

impl Job {
    pub(super) fn complete(self, outcome: Result<Acknowledged<'_>>) {
        (self.completion)(outcome);
    }
}

/// The lanes in which drafts become messages. A room always uses the same lane of an instance.
pub(super) struct Committer {
    lanes: Vec<mpsc::Sender<Job>>,
}

impl Committer {
    pub(super) fn start(
        context: &Arc<BatchContext>,
        lanes: usize,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let start_lane = |_| {
            let (sender, receiver) = mpsc::channel(LANE_CAPACITY);
            tracker.spawn(run_lane(Arc::clone(context), receiver, shutdown.clone()));
            sender
        };
        Self { lanes: (0..lanes.max(1)).map(start_lane).collect() }
    }

    /// Hands a draft over without waiting.
    pub(super) fn submit(&self, job: Job) {
        let mut hasher = DefaultHasher::new();
        job.room_id.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % self.lanes.len() as u64).unwrap_or_default();
        if let Err(refused) = self.lanes[lane].try_send(job) {
            let (job, cause) = match refused {
                mpsc::error::TrySendError::Full(job) => (job, "too many messages are waiting to be stored"),
                mpsc::error::TrySendError::Closed(job) => (job, "the server is stopping"),
            };
            job.complete(Err(Error::Unavailable(cause.into())));
        }
    }
}

async fn run_lane(
    context: Arc<BatchContext>,
    mut receiver: mpsc::Receiver<Job>,
    shutdown: CancellationToken,
) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    loop {
        let received = tokio::select! {
            biased;
            count = receiver.recv_many(&mut batch, MAX_BATCH) => count,
            // What was accepted before is still stored: closing only refuses new drafts.
            () = shutdown.cancelled(), if !receiver.is_closed() => {
                receiver.close();
                continue;
            }
        };
        if received == 0 {
            return;
        }
        // A lane outlives its batches: without it, its rooms would take no message until the next start. What a batch
        // leaves behind is dropped with it: a transaction rolls back, and whoever waits learns that there is no answer.
        let posting = AssertUnwindSafe(post_batch(&context, std::mem::take(&mut batch)));
        if posting.catch_unwind().await.is_err() {
            tracing::error!("a batch of messages ended by a fault");
        }
        batch.reserve(MAX_BATCH);
    }
}
