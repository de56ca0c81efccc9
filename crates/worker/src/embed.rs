//! How a process gets a worker, the server as well as `plaza-worker`.

use plaza_infrastructure::{config::WorkerConfig, wiring::Plaza};

use crate::{Worker, WorkerSettings};

/// Starts a worker in a running Plaza: it ends with it, after its tasks had time to end.
pub fn start(plaza: &Plaza, config: &WorkerConfig) {
    let settings = WorkerSettings {
        concurrency: config.concurrency,
        lease: config.lease(),
        poll_interval: config.poll_interval(),
        ..WorkerSettings::default()
    };
    Worker::new(plaza.ports.clone(), settings).spawn(&plaza.tracker, plaza.shutdown.clone());
}
