//! The end of an attempt and what it changes, in one transaction; and what follows once that is committed.

use plaza_domain::{AttemptOutcome, RepositoryError, Task, UnitOfWork, repository::Lease};
use thiserror::Error;

use super::{
    context::Context,
    panic::{Panicked, caught},
};
use crate::{Applied, Effect, NoEffect, TaskHandler};

/// Why the end of an attempt was not written.
#[derive(Debug, Error)]
pub(crate) enum SettleError {
    #[error("the end of an attempt could not be stored")]
    Store(#[from] RepositoryError),
    #[error("the effect of an attempt could not be applied")]
    Panicked(#[from] Panicked),
}

impl SettleError {
    /// Whether the same may work later.
    fn is_temporary(&self) -> bool {
        matches!(self, Self::Store(RepositoryError::Unavailable(_)))
    }
}

/// Whether the end of an attempt was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was.
    Done,
    /// Nothing was: the task is to begin again, and somebody asked for its end meanwhile.
    CancelRequested,
    /// Nothing was: the task is another worker's by now.
    Lost,
}

/// Ends an attempt and applies an effect, then publishes what happened.
pub(super) async fn settle(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    effect: Box<dyn Effect>,
) -> Result<Settled, SettleError> {
    let objects = effect.objects();
    match prepare(context, task, outcome, effect).await {
        Ok(Ok((work, applied))) => {
            // When this fails the objects stay: the database may have them.
            work.commit().await?;
            for event in applied.events {
                context.ports.bus.publish(event);
            }
            remove(context, &applied.unneeded).await;
            Ok(Settled::Done)
        }
        Ok(Err(unsettled)) => {
            remove(context, &objects).await;
            Ok(unsettled)
        }
        Err(error) => {
            remove(context, &objects).await;
            Err(error)
        }
    }
}

/// Ends an attempt as the last one, because the task is dead or was called off. A handler that cannot even say what
/// follows from that must not keep its task from the end.
pub(crate) async fn give_up(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    handler: Option<&dyn TaskHandler>,
) -> Result<Settled, SettleError> {
    if let Some(handler) = handler {
        let consequences = async {
            match outcome {
                AttemptOutcome::Cancelled => handler.on_cancelled(),
                _ => handler.on_dead(),
            }
        };
        let settled = match caught(consequences).await {
            Ok(effect) => settle(context, task, outcome, effect).await,
            Err(panicked) => Err(panicked.into()),
        };
        match settled {
            Err(error) if !error.is_temporary() => {
                tracing::error!(task.id = %task.id, error = ?error, "a task is given up without its consequences");
            }
            settled => return settled,
        }
    }
    settle(context, task, outcome, Box::new(NoEffect)).await
}

async fn prepare(
    context: &Context,
    task: &Task,
    outcome: &AttemptOutcome,
    effect: Box<dyn Effect>,
) -> Result<Result<(Box<dyn UnitOfWork>, Applied), Settled>, SettleError> {
    let mut work = context.ports.store.begin().await?;
    if outcome.is_repeated() {
        let lease = work.tasks().extend(task.id, task.token, context.lease()).await?;
        if lease == Lease::CancelRequested {
            return Ok(Err(Settled::CancelRequested));
        }
    }
    if !work.tasks().finish(task.id, task.token, outcome).await? {
        return Ok(Err(Settled::Lost));
    }
    let applied = caught(effect.apply(work.as_mut())).await??;
    Ok(Ok((work, applied)))
}

pub(super) async fn remove(context: &Context, objects: &[String]) {
    for key in objects {
        if let Err(error) = context.ports.blobs.delete(key).await {
            tracing::warn!(error = ?error, "an object that is not needed could not be removed");
        }
    }
}
