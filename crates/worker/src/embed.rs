//! How a process gets a worker, the server as well as `plaza-worker`.

use std::time::Duration;

use plaza_infrastructure::{config::WorkerConfig, wiring::Plaza};

use crate::{MediaChild, MediaSettings, QueueSettings, Worker, WorkerSettings};

/// Starts a worker in a running Plaza: it ends with it, after its tasks had `drain` to end. That must leave a moment of
/// what [`Plaza::stop`] is given, to give back those that did not.
pub fn start(plaza: &Plaza, config: &WorkerConfig, media: MediaSettings, drain: Duration) {
    let settings = WorkerSettings { drain, media, ..WorkerSettings::from(config) };
    Worker::new(plaza.ports.clone(), settings).spawn(&plaza.tracker, plaza.shutdown.clone());
}

/// Media work in children of the program that runs, which must call [`media_child`](crate::media_child) first of all.
pub fn media_in_children(config: &WorkerConfig) -> MediaSettings {
    MediaSettings::Child(MediaChild {
        memory: config.media_memory(),
        deadline: config.media_deadline(),
        ..MediaChild::this_program()
    })
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
