//! How an attempt ended, and what becomes of its task.

use std::{error::Error, fmt::Write, time::Duration};

use plaza_domain::{AttemptOutcome, Task, repository::Success};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    backoff::{Backoff, time_delta},
    context::Context,
    settle::{SettleError, Settled, give_up, remove, settle},
};
use crate::{Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// The most of an error that is kept with a task, in characters.
const MAX_ERROR: usize = 1000;

/// The most of a result that is kept with a task, in bytes.
const MAX_RESULT: usize = 64 * 1024;

/// Between two tries to write down how an attempt ended.
const REPORT_BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));

/// Writes down how an attempt ended, and returns what was written. A report that does not reach the database in time is given up: the lease then
/// expires, and the task is taken up again.
pub(super) async fn report(
    context: &Context,
    attempt: &Attempt,
    handler: Option<&dyn TaskHandler>,
    outcome: Result<Box<dyn Effect>, TaskError>,
) -> Option<AttemptOutcome> {
    let task = attempt.task();
    // It was prolonged until now, so that two thirds of the lease are left.
    let deadline = Instant::now() + context.settings.lease / 2;
    let error = match outcome {
        Ok(effect) => match succeed(context, task, effect, deadline).await {
            Ok(done) => {
                tracing::info!("a task is done");
                return Some(done);
            }
            Err(error) => error,
        },
        Err(error) => error,
    };
    let Some(mut outcome) = outcome_of(task, &error) else {
        announce_loss();
        return None;
    };
    let mut failures = 0;
    loop {
        match timeout_at(deadline, fail(context, task, &outcome, handler)).await {
            Ok(Ok(Settled::Done)) => {
                announce(&outcome);
                return Some(outcome);
            }
            Ok(Ok(Settled::Lost)) => {
                announce_loss();
                return None;
            }
            // It was called off in the last moment: at once, with what follows from that.
            Ok(Ok(Settled::CancelRequested)) => {
                outcome = AttemptOutcome::Cancelled;
                continue;
            }
            Ok(Err(error)) => {
                failures += 1;
                tracing::debug!(error = ?error, "the end of an attempt could not be written down yet");
            }
            Err(_) => {
                tracing::warn!("the end of an attempt could not be written down: its lease will expire");
                return None;
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
) -> Result<AttemptOutcome, TaskError> {
    let outcome = AttemptOutcome::Succeeded { result: effect.result() };
    if let AttemptOutcome::Succeeded { result: Some(result) } = &outcome
        && result.to_string().len() > MAX_RESULT
    {
        remove(context, &effect.objects()).await;
        return Err(TaskError::Discard(format!("its result has more than {MAX_RESULT} bytes")));
    }
    let settled = async {
        match &outcome {
            AttemptOutcome::Succeeded { result } if effect.is_empty() => {
                let done = Success { id: task.id, token: task.token, result: result.clone() };
                context.finisher.finish(done).await
            }
            _ => settle(context, task, &outcome, effect).await,
        }
    };
    match timeout_at(deadline, settled).await {
        Ok(Ok(Settled::Done)) => Ok(outcome),
        Ok(Ok(Settled::Lost)) => Err(TaskError::Lost),
        Ok(Ok(Settled::CancelRequested)) => Err(TaskError::Cancelled),
        Ok(Err(error)) => Err(TaskError::Retry(error.into())),
        Err(elapsed) => Err(TaskError::Retry(elapsed.into())),
    }
}

async fn fail(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    handler: Option<&dyn TaskHandler>,
) -> Result<Settled, SettleError> {
    match outcome {
        AttemptOutcome::Dead { .. } | AttemptOutcome::Cancelled => {
            give_up(context, task, outcome, handler).await
        }
        _ => settle(context, task, outcome, Box::new(NoEffect)).await,
    }
}

/// `None` when it is not this worker's to say.
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
            Some(AttemptOutcome::Snooze { reason: storable(reason), delay: time_delta(*delay) })
        }
        TaskError::Discard(reason) => Some(AttemptOutcome::Dead { error: storable(reason) }),
        TaskError::Cancelled => Some(AttemptOutcome::Cancelled),
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
    storable(&text)
}

/// Postgres takes no NUL in a text, and nobody reads pages of it.
fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(MAX_ERROR).collect()
}

fn announce_loss() {
    tracing::warn!("another worker has the task by now: this attempt is void");
}

fn announce(outcome: &AttemptOutcome) {
    match outcome {
        AttemptOutcome::Succeeded { .. } => {}
        AttemptOutcome::Retry { error, delay } => {
            let delay_ms = delay.num_milliseconds();
            tracing::warn!(error, delay_ms, "a task failed and will be tried again");
        }
        AttemptOutcome::Snooze { reason, delay } => {
            tracing::info!(reason, delay_ms = delay.num_milliseconds(), "a task was put off");
        }
        AttemptOutcome::Dead { error } => tracing::error!(error, "a task was given up"),
        AttemptOutcome::Cancelled => tracing::info!("a task was called off"),
    }
}
