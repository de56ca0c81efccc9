//! How an attempt ended, written together with what it changes; and what follows from that once it is committed.

use std::{error::Error, fmt::Write, sync::Arc, time::Duration};

use plaza_domain::{AttemptOutcome, RepositoryError, Task, UnitOfWork};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    backoff::{Backoff, time_delta},
    context::Context,
};
use crate::{Applied, Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// The most of an error that is kept with a task, in characters.
const MAX_ERROR: usize = 1000;

/// Between two tries to write down how an attempt ended.
const REPORT_BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));

/// Writes down how an attempt ended. A report that does not reach the database in time is given up: the lease then
/// expires, and the task is taken up again.
pub(super) async fn report(
    context: &Context,
    attempt: &Attempt,
    handler: Option<&Arc<dyn TaskHandler>>,
    outcome: Result<Box<dyn Effect>, TaskError>,
) {
    let task = attempt.task();
    // What is left of the lease is at least two thirds: it was prolonged until now.
    let deadline = Instant::now() + context.settings.lease / 2;
    let error = match outcome {
        Ok(effect) => match succeed(context, task, effect, deadline).await {
            Ok(()) => return,
            Err(error) => error,
        },
        Err(error) => error,
    };
    let Some(outcome) = outcome_of(task, &error) else {
        return announce_loss();
    };
    let on_dead = || match (&outcome, handler) {
        (AttemptOutcome::Dead { .. }, Some(handler)) => handler.on_dead(),
        _ => Box::new(NoEffect),
    };
    let mut failures = 0;
    loop {
        match timeout_at(deadline, settle(context, task, &outcome, on_dead())).await {
            Ok(Ok(true)) => return announce(&outcome),
            Ok(Ok(false)) => return announce_loss(),
            Ok(Err(error)) => {
                failures += 1;
                tracing::debug!(error = ?error, "the end of an attempt could not be written down yet");
            }
            Err(elapsed) => {
                tracing::warn!(error = ?elapsed, "the end of an attempt could not be written down: its lease will expire");
                return;
            }
        }
        sleep(REPORT_BACKOFF.half_jitter(failures)).await;
    }
}

async fn succeed(
    context: &Context,
    task: &Task,
    effect: Box<dyn Effect>,
    deadline: Instant,
) -> Result<(), TaskError> {
    let settled = timeout_at(deadline, settle(context, task, &AttemptOutcome::Succeeded, effect)).await;
    match settled {
        Ok(Ok(true)) => {
            tracing::info!("a task is done");
            Ok(())
        }
        Ok(Ok(false)) => Err(TaskError::Lost),
        Ok(Err(error)) => Err(error.into()),
        Err(elapsed) => Err(TaskError::Retry(elapsed.into())),
    }
}

/// Ends an attempt and applies an effect in one transaction, then publishes what happened. False, and nothing is
/// changed, when the task is another worker's by now.
pub(crate) async fn settle(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    effect: Box<dyn Effect>,
) -> Result<bool, RepositoryError> {
    let objects = effect.objects();
    match prepare(context, task, outcome, effect).await {
        Ok(Some((work, applied))) => {
            // When this fails the objects stay: the database may have them.
            work.commit().await?;
            for event in applied.events {
                context.ports.bus.publish(event);
            }
            remove(context, &applied.unneeded).await;
            Ok(true)
        }
        Ok(None) => {
            remove(context, &objects).await;
            Ok(false)
        }
        Err(error) => {
            remove(context, &objects).await;
            Err(error)
        }
    }
}

async fn prepare(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    effect: Box<dyn Effect>,
) -> Result<Option<(Box<dyn UnitOfWork>, Applied)>, RepositoryError> {
    let mut work = context.ports.store.begin().await?;
    if !work.tasks().finish(task.id, task.token, outcome).await? {
        return Ok(None);
    }
    let applied = effect.apply(work.as_mut()).await?;
    Ok(Some((work, applied)))
}

async fn remove(context: &Context, objects: &[String]) {
    for key in objects {
        if let Err(error) = context.ports.blobs.delete(key).await {
            tracing::warn!(error = ?error, "an object that is not needed could not be removed");
        }
    }
}

fn outcome_of(task: &Task, error: &TaskError) -> Option<AttemptOutcome> {
    match error {
        TaskError::Retry(cause) if task.attempt >= task.max_attempts => {
            Some(AttemptOutcome::Dead { error: with_causes(cause.as_ref()) })
        }
        TaskError::Retry(cause) => {
            let failures = u32::try_from(task.attempt).unwrap_or_default();
            Some(AttemptOutcome::Retry {
                error: with_causes(cause.as_ref()),
                delay: time_delta(Backoff::TASKS.full_jitter(failures)),
            })
        }
        TaskError::Snooze { delay, reason } => {
            Some(AttemptOutcome::Snooze { reason: reason.clone(), delay: time_delta(*delay) })
        }
        TaskError::Discard(reason) => Some(AttemptOutcome::Dead { error: reason.clone() }),
        TaskError::Lost => None,
    }
}

/// An error and what caused it, in one line.
fn with_causes(error: &(dyn Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text.chars().take(MAX_ERROR).collect()
}

fn announce_loss() {
    tracing::warn!("another worker has the task by now: this attempt is void");
}

fn announce(outcome: &AttemptOutcome) {
    match outcome {
        AttemptOutcome::Succeeded => {}
        AttemptOutcome::Retry { error, delay } => {
            tracing::warn!(
                error,
                delay_ms = delay.num_milliseconds(),
                "a task failed and will be tried again"
            );
        }
        AttemptOutcome::Snooze { reason, delay } => {
            tracing::info!(reason, delay_ms = delay.num_milliseconds(), "a task was put off");
        }
        AttemptOutcome::Dead { error } => tracing::error!(error, "a task was given up"),
    }
}
