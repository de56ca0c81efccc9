//! Where a worker's tasks come from: wake-ups from the queue, and the database itself when there are none.

use std::{sync::Arc, time::Duration};

use plaza_application::ports::{BoxError, QueueError};
use plaza_domain::{RepositoryError, Task, TaskId};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{backoff::Backoff, context::Context};

/// What a queue may take longer than it was asked to wait before it counts as silent.
const QUEUE_GRACE: Duration = Duration::from_secs(5);

/// Claims tasks, one after another, for one slot.
pub(super) struct Source {
    context: Arc<Context>,
    backoff: Backoff,
    /// The last task was found in the database without a wake-up: there may be more.
    found_unannounced: bool,
    queue_failures: u32,
    store_failures: u32,
}

/// Why to look for a task.
enum Hint {
    /// That one was announced.
    Announced(TaskId),
    /// None was, for a while.
    Silence,
}

impl Source {
    pub(super) fn new(context: Arc<Context>) -> Self {
        let interval = context.settings.poll_interval;
        Self {
            context,
            backoff: Backoff::new(interval / 8, interval * 2),
            found_unannounced: false,
            queue_failures: 0,
            store_failures: 0,
        }
    }

    /// The next task, claimed for this worker; `None` when it is to stop.
    pub(super) async fn next(&mut self, shutdown: &CancellationToken) -> Option<Task> {
        while !shutdown.is_cancelled() {
            // Losing an id that was just taken is no harm: the relay announces it again.
            let hint = shutdown.run_until_cancelled(self.hint()).await?;
            // A claim is never cancelled: what is claimed is also run, or given back.
            if let Some(task) = self.try_claim(hint).await {
                return Some(task);
            }
            if let Some(pause) = self.pause() {
                shutdown.run_until_cancelled(sleep(pause)).await?;
            }
        }
        None
    }

    async fn hint(&mut self) -> Hint {
        if self.found_unannounced {
            return Hint::Silence;
        }
        let settings = &self.context.settings;
        let wait = settings.poll_interval;
        let popped = self.context.ports.queue.pop(&settings.queues, wait);
        match timeout(wait + QUEUE_GRACE, popped).await {
            Ok(Ok(id)) => {
                self.queue_answered();
                id.map_or(Hint::Silence, Hint::Announced)
            }
            Ok(Err(QueueError(error))) => self.queue_failed(error),
            Err(elapsed) => self.queue_failed(elapsed.into()),
        }
    }

    async fn try_claim(&mut self, hint: Hint) -> Option<Task> {
        self.found_unannounced = false;
        match claim(&self.context, &hint).await {
            Ok(task) => {
                self.store_failures = 0;
                self.found_unannounced = task.is_some() && matches!(hint, Hint::Silence);
                task
            }
            Err(error) => {
                if self.store_failures == 0 {
                    tracing::warn!(error = ?error, "the database does not hand out tasks");
                }
                self.store_failures = self.store_failures.saturating_add(1);
                None
            }
        }
    }

    fn pause(&self) -> Option<Duration> {
        let failures = self.queue_failures.max(self.store_failures);
        (failures > 0).then(|| self.backoff.half_jitter(failures))
    }

    fn queue_answered(&mut self) {
        if self.queue_failures > 0 {
            tracing::info!("the task queue answers again");
        }
        self.queue_failures = 0;
    }

    fn queue_failed(&mut self, error: BoxError) -> Hint {
        if self.queue_failures == 0 {
            tracing::warn!(error = ?error, "the task queue does not answer: the database is asked instead");
        }
        self.queue_failures = self.queue_failures.saturating_add(1);
        Hint::Silence
    }
}

async fn claim(context: &Context, hint: &Hint) -> Result<Option<Task>, RepositoryError> {
    let by = context.claim_request();
    let mut work = context.ports.store.begin().await?;
    let claimed = match hint {
        Hint::Announced(id) => work.tasks().claim(*id, by).await?,
        Hint::Silence => work.tasks().claim_next(&context.settings.queues, by).await?,
    };
    if claimed.is_some() {
        work.commit().await?;
    }
    Ok(claimed)
}
