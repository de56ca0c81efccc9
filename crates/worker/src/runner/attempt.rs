//! One attempt at one task, from the claim to the report.

use std::{sync::Arc, time::Duration};

use plaza_application::commands::{Command, UnknownCommand};
use plaza_domain::{RepositoryError, Task, repository::Lease};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{context::Context, panic::caught, report::report};
use crate::{
    Attempt, Effect, TaskError, TaskHandler,
    metrics::{UNKNOWN_KIND, attempt_ended},
};

/// How soon a task that runs learns that it was called off.
const CANCEL_CHECK: Duration = Duration::from_secs(2);
/// How long a task waits for a worker that knows its command.
const UNKNOWN_DELAY: Duration = Duration::from_secs(60);

type Outcome = Result<Box<dyn Effect>, TaskError>;

/// Runs a task that was claimed, and reports how it ended.
pub(super) async fn run(context: &Context, task: Task, shutdown: &CancellationToken) {
    let span =
        tracing::info_span!("task", task.id = %task.id, task.kind = task.kind, task.attempt = task.attempt);
    let attempt = Attempt::new(task, context.lease(), Arc::clone(&context.ports.store));
    async {
        let started = Instant::now();
        let (kind, ended) = match Command::try_from(attempt.task()) {
            Ok(command) => {
                let (kind, _) = command.kind();
                let handler = context.registry.handler(command);
                let outcome = execute(context, handler.as_ref(), &attempt, shutdown).await;
                (kind, report(context, &attempt, Some(handler.as_ref()), outcome).await)
            }
            Err(unknown) => {
                (UNKNOWN_KIND, report(context, &attempt, None, Err(misunderstood(&unknown))).await)
            }
        };
        attempt_ended(kind, ended.as_ref(), started.elapsed());
    }
    .instrument(span)
    .await;
}

fn misunderstood(unknown: &UnknownCommand) -> TaskError {
    match unknown {
        // Made by a newer version of the program, one of whose workers will find it.
        UnknownCommand::Kind { .. } => {
            TaskError::Snooze { delay: UNKNOWN_DELAY, reason: unknown.to_string() }
        }
        UnknownCommand::Payload(cause) => TaskError::Discard(format!("{unknown}: {cause}")),
    }
}

/// Whatever ends first decides; the rest is dropped, and with it any transaction that the handler has open.
async fn execute(
    context: &Context,
    handler: &dyn TaskHandler,
    attempt: &Attempt,
    shutdown: &CancellationToken,
) -> Outcome {
    let settings = &context.settings;
    let max_runtime = handler.max_runtime().unwrap_or(settings.max_runtime);
    // It was called off while a worker ran it that has vanished.
    if attempt.task().cancel_requested_at.is_some() {
        return Err(TaskError::Cancelled);
    }
    tokio::select! {
        biased;
        ended = caught(handler.execute(attempt)) => {
            ended.unwrap_or_else(|panicked| Err(TaskError::Retry(panicked.into())))
        }
        reason = watch_lease(context, attempt) => Err(reason),
        () = drained(shutdown, settings.drain) => Err(TaskError::Snooze {
            delay: Duration::ZERO,
            reason: "the worker was shut down".to_owned(),
        }),
        () = sleep(max_runtime) => {
            Err(TaskError::Retry(format!("took longer than {max_runtime:?}").into()))
        }
    }
}

/// Prolongs the lease, and ends when that is no longer possible or no longer wanted.
async fn watch_lease(context: &Context, attempt: &Attempt) -> TaskError {
    let lease = context.settings.lease;
    let task = attempt.task();
    let mut valid_until = Instant::now() + lease;
    loop {
        sleep(CANCEL_CHECK.min(lease / 3)).await;
        let asked_at = Instant::now();
        let extended = tokio::select! {
            extended = extend(context, task) => extended,
            () = sleep_until(valid_until) => return TaskError::Lost,
        };
        match extended {
            Ok(Lease::Held) => valid_until = asked_at + lease,
            Ok(Lease::CancelRequested) => return TaskError::Cancelled,
            Ok(Lease::Lost) => return TaskError::Lost,
            Err(error) => tracing::warn!(error = ?error, "the lease of a task could not be prolonged"),
        }
    }
}

async fn extend(context: &Context, task: &Task) -> Result<Lease, RepositoryError> {
    let mut work = context.ports.store.begin().await?;
    let held = work.tasks().extend(task.id, task.token, context.lease()).await?;
    work.commit().await?;
    Ok(held)
}

async fn drained(shutdown: &CancellationToken, drain: Duration) {
    shutdown.cancelled().await;
    sleep(drain).await;
}
