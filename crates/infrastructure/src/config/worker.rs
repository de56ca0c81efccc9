//! `[worker]`: background work.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;

use super::{
    Problem,
    queues::{QueueShare, QueuesConfig},
    server::optional_listen_address,
};

/// Background work.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Whether the server runs a worker inside; by default exactly when there is no Redis.
    pub embedded: Option<bool>,
    /// How many tasks a worker does at a time, of all queues together.
    pub concurrency: usize,
    /// How it shares them among its queues.
    pub queues: QueuesConfig,
    /// Address and port of a `plaza-worker`'s `/metrics` and `/healthz`, which need no login: not to be reached from
    /// outside. Off by default; of the worker inside a server, `metrics.listen` tells.
    #[serde(deserialize_with = "optional_listen_address")]
    pub listen: Option<SocketAddr>,
    /// How long a worker may be silent before its task is given to another, in seconds.
    pub lease_seconds: u64,
    /// How often a worker looks into the database, whatever the queue tells, in milliseconds.
    pub poll_interval_ms: u64,
    /// How much memory the process may take that decodes a picture or reads a document, in MiB.
    pub media_memory_mb: u64,
    /// How long it may take for one, in seconds.
    pub media_deadline_seconds: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            embedded: None,
            concurrency: 3,
            queues: QueuesConfig::default(),
            listen: None,
            lease_seconds: 30,
            poll_interval_ms: 2000,
            media_memory_mb: 512,
            media_deadline_seconds: 30,
        }
    }
}

impl WorkerConfig {
    /// How long a worker may be silent before its task is given to another.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// How often a worker looks into the database.
    pub fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms)
    }

    /// Every queue, with defaults filled in.
    pub fn queues(&self) -> [QueueShare; 4] {
        self.queues.shares(self.concurrency)
    }

    /// How many bytes a process that does media work may allocate.
    pub fn media_memory(&self) -> u64 {
        self.media_memory_mb * 1024 * 1024
    }

    /// How long such a process may take for one file.
    pub fn media_deadline(&self) -> Duration {
        Duration::from_secs(self.media_deadline_seconds)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if !(1..=256).contains(&self.concurrency) {
            problems.push(Problem::new("worker.concurrency", "must be 1 to 256"));
        }
        self.queues.validate(self.concurrency, problems);
        if !(3..=3600).contains(&self.lease_seconds) {
            problems.push(Problem::new("worker.lease_seconds", "must be 3 to 3600"));
        }
        if !(50..=60_000).contains(&self.poll_interval_ms) {
            problems.push(Problem::new("worker.poll_interval_ms", "must be 50 to 60000"));
        }
        if !(32..=65_536).contains(&self.media_memory_mb) {
            problems.push(Problem::new("worker.media_memory_mb", "must be 32 to 65536"));
        }
        if !(1..=240).contains(&self.media_deadline_seconds) {
            problems.push(Problem::new("worker.media_deadline_seconds", "must be 1 to 240"));
        }
    }
}
