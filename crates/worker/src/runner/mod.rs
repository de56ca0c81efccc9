//! A running worker: slots that claim and run tasks, and the maintenance of everybody's tasks beside them.

mod attempt;
mod backoff;
mod claims;
mod context;
mod finisher;
mod isolation;
mod panic;
mod queues;
mod report;
mod settle;
mod source;

use std::sync::Arc;

use plaza_application::{Ports, Services};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use backoff::{spread, time_delta};
pub(crate) use context::Context;
pub(crate) use settle::{SettleError, Settled, give_up};

use self::source::{Claimed, Source};
use crate::{Handlers, Pulse, Registry, WorkerSettings, heartbeat, jobs, maintenance};

/// Takes tasks and runs them.
pub struct Worker {
    context: Arc<Context>,
}

impl Worker {
    /// A worker that knows every command of Plaza. To be made within a runtime, which does some of its work.
    pub fn new(ports: Ports, services: &Services, settings: WorkerSettings) -> Self {
        let registry = Arc::new(Handlers::new(&ports, services, &settings));
        Self::with_registry(ports, settings, registry)
    }

    /// A worker with handlers of the caller's own; made within a runtime, too.
    pub fn with_registry(ports: Ports, settings: WorkerSettings, registry: Arc<dyn Registry>) -> Self {
        Self { context: Arc::new(Context::new(ports, registry, settings)) }
    }

    /// Whether it gets around.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.context.pulse)
    }

    /// Runs on `tracker`, as [`run`](Self::run) does.
    pub fn spawn(self, tracker: &TaskTracker, shutdown: CancellationToken) {
        tracker.spawn(self.run(shutdown));
    }

    /// Runs until `shutdown` is cancelled. Then no more tasks are claimed; those that run have
    /// [`WorkerSettings::drain`] to end, and are given back after that.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut parts = JoinSet::new();
        for _ in 0..self.context.slots() {
            parts.spawn(work(Arc::clone(&self.context), shutdown.clone()));
        }
        parts.spawn(maintenance::run(Arc::clone(&self.context), shutdown.clone()));
        parts.spawn(jobs::run(Arc::clone(&self.context), shutdown));
        tracing::info!(worker.id = %self.context.id, worker.slots = self.context.slots(), "the worker runs");
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = ?error, "a part of the worker ended by a fault");
            }
        }
        self.context.claims.stop().await;
        self.context.finisher.stop().await;
        heartbeat::farewell(&self.context).await;
        tracing::info!(worker.id = %self.context.id, "the worker has stopped");
    }
}

/// One slot: one task after another.
async fn work(context: Arc<Context>, shutdown: CancellationToken) {
    let mut source = Source::new(&context);
    // The place is the task's until it has ended and was reported.
    while let Some(Claimed { task, place: _place }) = source.next(&shutdown).await {
        let _occupied = context.occupy(&task.queue);
        attempt::run(&context, task, &shutdown).await;
    }
}

#[cfg(test)]
mod tests;
