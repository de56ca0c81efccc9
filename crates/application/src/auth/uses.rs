//! When sessions were last used: noted while they are used, and written by somebody else, so that nobody waits for it.

use std::{sync::Arc, time::Duration};

use plaza_domain::{Clock, Session, SessionId, Store, Timestamp, repository::Result};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How exact the time is: what was written less than this ago is not written again.
const ACCURACY: Duration = Duration::from_secs(5 * 60);
/// How many uses may wait to be written. What does not fit is noted at the next use.
const QUEUE: usize = 4_096;
/// How many are written in one statement.
const BATCH: usize = 512;
/// The least time between two statements.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes notes of uses.
pub(super) struct Uses {
    queue: mpsc::Sender<SessionId>,
}

impl Uses {
    /// Notes are written by a task that belongs to `tracker` and ends on `shutdown`.
    pub(super) fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        tracker: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let (queue, noted) = mpsc::channel(QUEUE);
        tracker.spawn(async move {
            let write = write_noted(&*store, &*clock, noted);
            shutdown.run_until_cancelled(write).await;
        });
        Self { queue }
    }

    /// Notes that a session, as it was just read, is used; waits for nothing.
    pub(super) fn note(&self, session: &Session, now: Timestamp) {
        if session.last_used_at + ACCURACY <= now {
            // When it is full, the next use is noted.
            let _ = self.queue.try_send(session.id);
        }
    }
}

async fn write_noted(store: &dyn Store, clock: &dyn Clock, mut noted: mpsc::Receiver<SessionId>) {
    let mut used = Vec::with_capacity(BATCH);
    while noted.recv_many(&mut used, BATCH).await > 0 {
        used.sort_unstable();
        used.dedup();
        if let Err(error) = write(store, &used, clock.now()).await {
            tracing::warn!(error = ?error, sessions = used.len(), "uses of sessions could not be written");
        }
        used.clear();
        sleep(PAUSE).await;
    }
}

async fn write(store: &dyn Store, used: &[SessionId], now: Timestamp) -> Result<()> {
    let mut work = store.begin().await?;
    work.sessions().note_uses(used, now).await?;
    work.commit().await
}
