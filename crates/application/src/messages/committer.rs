//! Group commit: drafts become messages in lanes, many by one transaction.

use std::sync::Arc;

use plaza_domain::{MessageDraft, RoomId, SentMessage, UserId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Posted,
    batch::{BatchContext, post_batch},
};
use crate::{Result, lanes::Lanes};

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
    lanes: Lanes<Job>,
}

impl Committer {
    pub(super) fn start(
        context: &Arc<BatchContext>,
        lanes: usize,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let context = Arc::clone(context);
        let post = move |jobs| {
            let context = Arc::clone(&context);
            async move { post_batch(&context, jobs).await }
        };
        Self { lanes: Lanes::start(lanes, tracker, shutdown, post) }
    }

    /// Hands a draft over without waiting.
    pub(super) fn submit(&self, job: Job) {
        if let Err((job, refused)) = self.lanes.submit(job.room_id, job) {
            job.complete(Err(refused));
        }
    }
}
