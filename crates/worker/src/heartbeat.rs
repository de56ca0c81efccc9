//! Tells the database who works here, for operators to see.

use std::{fs, process, time::Duration};

use plaza_domain::{RepositoryError, WorkerStatus};
use tokio::time::{Instant, timeout};

use crate::runner::Context;

/// How often it is told at most.
const INTERVAL: Duration = Duration::from_secs(10);
/// How long a worker that ends waits to take its leave; its row is removed later otherwise.
const FAREWELL: Duration = Duration::from_secs(1);

/// Tells the database about one worker.
pub(crate) struct Heartbeat {
    status: WorkerStatus,
    told_at: Option<Instant>,
}

impl Heartbeat {
    pub(crate) fn new(context: &Context) -> Self {
        let status = WorkerStatus {
            id: context.id,
            host: host(),
            pid: process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queues: context.queues.names(),
            slots: count(context.slots()),
            running: 0,
            started_at: context.ports.clock.now(),
        };
        Self { status, told_at: None }
    }

    /// Tells that a loop succeeded, unless that was told a moment ago.
    pub(crate) async fn beat(&mut self, context: &Context) {
        if self.told_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.status.running = count(context.running());
        match self.save(context).await {
            Ok(()) => self.told_at = Some(Instant::now()),
            Err(error) => tracing::warn!(error = ?error, "the worker could not tell that it is there"),
        }
    }

    async fn save(&self, context: &Context) -> Result<(), RepositoryError> {
        let mut work = context.ports.store.begin().await?;
        work.workers().save(&self.status).await?;
        work.commit().await
    }
}

/// Takes a worker off the list that has ended.
pub(crate) async fn farewell(context: &Context) {
    let removal = async {
        let mut work = context.ports.store.begin().await?;
        work.workers().remove(context.id).await?;
        work.commit().await
    };
    match timeout(FAREWELL, removal).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = ?error, "the worker stays on the list for a while"),
        Err(_) => tracing::debug!("the worker stays on the list for a while"),
    }
}

/// As the kernel knows it; containers are told apart by it.
fn host() -> String {
    let name =
        fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    match name.as_deref().map(str::trim) {
        Ok(name) if !name.is_empty() => name.to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
