//! What keeps tasks moving though workers and queues fail. Every worker does it, none leads: each step is a
//! conditional update that is right however many do it at once.
//!
//! A task whose worker was killed is another's after its lease, one round until it is reaped (which promotes it too), and
//! one poll until a worker looks for suspects; one that runs others lets them end before.

mod survey;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plaza_application::commands::Command;
use plaza_domain::{AttemptOutcome, RepositoryError, Task, TaskId};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::survey::Survey;
use crate::heartbeat::Heartbeat;
use crate::runner::{Context, SettleError, Settled, give_up, spread, time_delta};

/// How many tasks one step takes.
const BATCH: u64 = 500;

/// Reaps, promotes and announces, again and again until `shutdown` is cancelled.
pub(crate) async fn run(context: Arc<Context>, shutdown: CancellationToken) {
    let mut heartbeat = Heartbeat::new(&context);
    let mut survey = Survey::default();
    // A wait at the queue, and what a queue that is silent or a database that is not there take on top.
    let look_within = context.settings.poll_interval * 3 + Duration::from_secs(20);
    loop {
        let is_success = round(&context).await;
        if context.pulse.turn(is_success, context.has_idle_slot(), look_within) {
            heartbeat.beat(&context).await;
        }
        survey.take(&context).await;
        // Spread out, so that several workers do not do the same at the same time.
        let pause = sleep(spread(context.settings.maintenance_interval));
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// One step's failure is no reason to leave out the others. Returns whether none failed.
async fn round(context: &Context) -> bool {
    let hopeless = found(reap(context).await, "reap");
    for task in hopeless.iter().flatten() {
        if let Err(error) = bury(context, task).await {
            tracing::warn!(task.id = %task.id, error = ?error, "a task could not be given up yet");
        }
    }
    let promoted = found(promote(context).await, "promote");
    let mut is_success = hopeless.is_some() && promoted.is_some();
    announce(context, promoted.unwrap_or_default()).await;
    // While every slot works a wake-up wakes nobody: announcing again and again would only make the queue longer.
    if context.has_idle_slot() {
        let untaken = found(untaken(context).await, "relay");
        is_success &= untaken.is_some();
        announce(context, untaken.unwrap_or_default()).await;
    }
    is_success
}

fn found<T>(step: Result<Vec<T>, RepositoryError>, name: &str) -> Option<Vec<T>> {
    step.inspect_err(|error| {
        tracing::warn!(step = name, error = ?error, "tasks could not be looked after; the next round tries again");
    })
    .ok()
}

async fn reap(context: &Context) -> Result<Vec<Task>, RepositoryError> {
    let mut work = context.ports.store.begin().await?;
    let max_crashes = context.settings.max_crashes;
    let hopeless = work.tasks().reap(max_crashes, context.claim_request(), BATCH).await?;
    work.commit().await?;
    Ok(hopeless)
}

/// Gives up a task that keeps taking its workers down.
async fn bury(context: &Context, task: &Task) -> Result<(), SettleError> {
    // What cannot be understood cannot have consequences either.
    let handler = Command::try_from(task).ok().map(|command| context.registry.handler(command));
    let error = format!("its worker vanished, {} of {} times", task.crashes, task.attempt);
    let outcome = AttemptOutcome::Dead { error };
    if give_up(context, task, &outcome, handler.as_deref()).await? == Settled::Done {
        tracing::error!(task.id = %task.id, task.kind, task.crashes, "a task was given up: its workers vanish");
    }
    Ok(())
}

async fn promote(context: &Context) -> Result<Vec<(TaskId, String)>, RepositoryError> {
    let mut work = context.ports.store.begin().await?;
    let promoted = work.tasks().promote(BATCH).await?;
    work.commit().await?;
    Ok(promoted)
}

async fn untaken(context: &Context) -> Result<Vec<(TaskId, String)>, RepositoryError> {
    let age = time_delta(context.settings.untaken_after);
    let mut found = context.ports.store.read().await?.tasks().untaken(age, BATCH).await?;
    // Whoever takes a queue, and could run more of it, knows whether somebody waits there.
    let open = context.queues.in_turn();
    found.retain(|(_, queue)| open.contains(queue));
    Ok(found)
}

async fn announce(context: &Context, tasks: Vec<(TaskId, String)>) {
    let mut by_queue: BTreeMap<String, Vec<TaskId>> = BTreeMap::new();
    for (id, queue) in tasks {
        by_queue.entry(queue).or_default().push(id);
    }
    for (queue, ids) in by_queue {
        if let Err(error) = context.ports.queue.push(&queue, &ids).await {
            // Idle workers poll, and the next round announces again.
            tracing::debug!(error = ?error, queue, "tasks could not be announced");
        }
    }
}

#[cfg(test)]
mod tests;
