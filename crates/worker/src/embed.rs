//! How a process gets a worker, the server as well as `plaza-worker`.

use std::time::Duration;

use plaza_infrastructure::{config::WorkerConfig, wiring::Plaza};

use crate::{QueueSettings, Worker, WorkerSettings};

/// Starts a worker in a running Plaza: it ends with it, after its tasks had `drain` to end. That must leave a moment of
/// what [`Plaza::stop`] is given, to give back those that did not.
pub fn start(plaza: &Plaza, config: &WorkerConfig, drain: Duration) {
    let settings = WorkerSettings { drain, ..WorkerSettings::from(config) };
    Worker::new(plaza.ports.clone(), settings).spawn(&plaza.tracker, plaza.shutdown.clone());
}

impl From<&WorkerConfig> for WorkerSettings {
    fn from(config: &WorkerConfig) -> Self {
        let queues = config.queues().map(|share| QueueSettings {
            name: share.name.to_owned(),
            concurrency: share.concurrency,
            weight: share.weight,
        });
        Self {
            queues: queues.to_vec(),
            concurrency: config.concurrency,
            lease: config.lease(),
            poll_interval: config.poll_interval(),
            ..Self::default()
        }
    }
}
