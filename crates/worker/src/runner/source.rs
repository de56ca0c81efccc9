//! Where a worker's tasks come from: wake-ups from the queue, and the database itself when there are none.

use std::{pin::pin, sync::atomic::Ordering, time::Duration};

use plaza_application::ports::{BoxError, QueueError, WakeUp};
use plaza_domain::{RepositoryError, Task};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    backoff::Backoff,
    context::Context,
    isolation::{Alone, Beside},
    queues::{self, Ear, Step},
};

/// What a queue may take longer than it was asked to wait before it counts as silent.
const QUEUE_GRACE: Duration = Duration::from_secs(5);

/// Claims tasks, one after another, for one slot.
pub(super) struct Source<'a> {
    context: &'a Context,
    backoff: Backoff,
    store_failures: u32,
}

/// A task that was claimed, and where it runs.
pub(super) struct Claimed<'a> {
    pub(super) task: Task,
    pub(super) place: Place<'a>,
}

/// A task's place in its worker, until it is dropped.
#[expect(dead_code, reason = "held for what dropping them does")]
pub(super) enum Place<'a> {
    /// In its queue, beside others.
    Beside(queues::Place, Beside<'a>),
    /// It is a suspect. No queue runs anything else, so that there is room in its own.
    Alone(Alone<'a>),
}

/// Why to look for a task.
enum Hint {
    /// A wake-up came for this queue.
    Announced(String),
    /// None came for a while, or there may be tasks that none came for.
    Unannounced,
}

impl<'a> Source<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let interval = context.settings.poll_interval;
        Self { context, backoff: Backoff::new(interval / 8, interval * 2), store_failures: 0 }
    }

    /// The next task, claimed for this worker; `None` when it is to stop.
    pub(super) async fn next(&mut self, shutdown: &CancellationToken) -> Option<Claimed<'a>> {
        while !shutdown.is_cancelled() {
            if let Some(suspect) = self.suspect(shutdown).await {
                return Some(suspect);
            }
            // Losing an id that was just taken is no harm: the relay announces it again.
            let hint = shutdown.run_until_cancelled(self.hint()).await?;
            let beside = shutdown.run_until_cancelled(self.context.isolation.beside()).await?;
            // Who waited for a suspect's turn may have left it because of that.
            if shutdown.is_cancelled() {
                return None;
            }
            // A claim is never cancelled: what is claimed is also run, or given back.
            let claimed = self.try_claim(hint, beside).await;
            self.context.pulse.look();
            if let Some(claimed) = claimed {
                return Some(claimed);
            }
            if let Some(pause) = self.pause() {
                shutdown.run_until_cancelled(sleep(pause)).await?;
            }
        }
        None
    }

    /// A suspect, claimed while nothing else of this worker is. `None` when there is none, when it is not time to look for
    /// one, or when the others take too long to end.
    async fn suspect(&mut self, shutdown: &CancellationToken) -> Option<Claimed<'a>> {
        let turn = self.context.isolation.turn(self.context.settings.poll_interval)?;
        let found = shutdown.run_until_cancelled(has_suspect(self.context)).await?;
        if !found.unwrap_or_else(|error| self.store_failed(&error)) {
            turn.found_none();
            return None;
        }
        let Some(mut alone) = shutdown.run_until_cancelled(turn.alone()).await? else {
            tracing::debug!("a task with which a worker has vanished waits: others take long");
            return None;
        };
        let claimed = claim_suspect(self.context).await;
        self.context.pulse.look();
        let task = claimed.unwrap_or_else(|error| self.store_failed(&error))?;
        tracing::info!(task.id = %task.id, task.kind, task.crashes, "a task with which a worker has vanished runs alone");
        alone.note_more();
        Some(Claimed { task, place: Place::Alone(alone) })
    }

    async fn hint(&self) -> Hint {
        let (queues, wait) = (&self.context.queues, self.context.settings.poll_interval);
        let _seeking = queues.seek();
        loop {
            let mut changed = pin!(queues.changed());
            // Registered before looking, so that a change in between is not missed.
            changed.as_mut().enable();
            match queues.step(wait) {
                Step::Look => return Hint::Unannounced,
                Step::Claim(queue) => return Hint::Announced(queue),
                Step::Listen(ear) => return self.listen(ear).await,
                Step::Wait => drop(timeout(wait, changed).await),
            }
        }
    }

    /// Waits for a wake-up, for all slots that look for something to do: those that come with it are left to the others. A
    /// queue that gets room meanwhile is listened to by the slot that left the room.
    async fn listen(&self, ear: Ear) -> Hint {
        let wait = self.context.settings.poll_interval;
        // Whoever has become free together with this slot shall be counted.
        yield_now().await;
        let names = ear.names();
        let popped = self.context.ports.queue.pop(&names, ear.limit(), wait);
        match timeout(wait + QUEUE_GRACE, popped).await {
            Ok(Ok(wake_up)) => {
                self.queue_answered();
                wake_up.map_or(Hint::Unannounced, |WakeUp { queue, task_ids }| {
                    self.context.queues.announce(&queue, task_ids.len().saturating_sub(1));
                    Hint::Announced(queue)
                })
            }
            Ok(Err(QueueError(error))) => self.queue_failed(error),
            Err(elapsed) => self.queue_failed(elapsed.into()),
        }
    }

    async fn try_claim(&mut self, hint: Hint, beside: Beside<'a>) -> Option<Claimed<'a>> {
        let claimed = match hint {
            Hint::Announced(queue) => claim_announced(self.context, &queue).await,
            Hint::Unannounced => claim_unannounced(self.context).await,
        };
        match claimed {
            Ok(claimed) => {
                self.store_failures = 0;
                claimed.map(|(task, place)| Claimed { task, place: Place::Beside(place, beside) })
            }
            Err(error) => self.store_failed(&error),
        }
    }

    fn pause(&self) -> Option<Duration> {
        let failures = self.context.queue_failures.load(Ordering::Relaxed).max(self.store_failures);
        (failures > 0).then(|| self.backoff.half_jitter(failures))
    }

    /// Counts a failure, and returns what stands for no answer.
    fn store_failed<T: Default>(&mut self, error: &RepositoryError) -> T {
        if self.store_failures == 0 {
            tracing::warn!(error = ?error, "the database does not hand out tasks");
        }
        self.store_failures = self.store_failures.saturating_add(1);
        T::default()
    }

    fn queue_answered(&self) {
        if self.context.queue_failures.swap(0, Ordering::Relaxed) > 0 {
            tracing::info!("the task queue answers again");
        }
    }

    fn queue_failed(&self, error: BoxError) -> Hint {
        if self.context.queue_failures.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(error = ?error, "the task queue does not answer: the database is asked instead");
        }
        Hint::Unannounced
    }
}

/// Claims the best task of a queue that has work, and not the very one that was announced: that may be the least urgent,
/// and the others would wait behind it. There are as many wake-ups as tasks, so each task is found by one of them; a
/// repeated one finds nothing, and what a lost one leaves over is found in the database.
async fn claim_announced(
    context: &Context,
    queue: &str,
) -> Result<Option<(Task, queues::Place)>, RepositoryError> {
    let Some(place) = context.queues.reserve(queue) else {
        // Another slot has taken the last place meanwhile. Whoever leaves one looks.
        context.queues.note_more(queue, true);
        return Ok(None);
    };
    // For a wake-up that finds nothing, too: many repeated ones must not keep the other queues waiting.
    place.pay();
    Ok(context.claims.next(queue).await?.map(|task| (task, place)))
}

/// Claims a task of the first queue that has one.
async fn claim_unannounced(context: &Context) -> Result<Option<(Task, queues::Place)>, RepositoryError> {
    for queue in context.queues.in_turn() {
        let Some(place) = context.queues.reserve(&queue) else { continue };
        // Before asking: what another slot finds out meanwhile stays noted.
        context.queues.note_more(&queue, false);
        let claimed = context.claims.next(&queue).await;
        if !matches!(claimed, Ok(None)) {
            // Where one was, there may be more; and where nobody answered, too.
            context.queues.note_more(&queue, true);
        }
        if let Some(task) = claimed? {
            place.pay();
            return Ok(Some((task, place)));
        }
    }
    Ok(None)
}

async fn has_suspect(context: &Context) -> Result<bool, RepositoryError> {
    context.ports.store.read().await?.tasks().has_suspect(&context.queues.names()).await
}

async fn claim_suspect(context: &Context) -> Result<Option<Task>, RepositoryError> {
    let mut work = context.ports.store.begin().await?;
    let task = work.tasks().claim_suspect(&context.queues.names(), context.claim_request()).await?;
    work.commit().await?;
    Ok(task)
}
