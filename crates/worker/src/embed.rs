//! How a process gets a worker, the server as well as `plaza-worker`.

use std::{sync::Arc, time::Duration};

use plaza_infrastructure::{
    config::{Config, WorkerConfig},
    monitor::{AskVitals, Vitals},
    wiring::Plaza,
};

use crate::{MediaChild, MediaSettings, Pulse, QueueSettings, Worker, WorkerSettings, metrics};

/// Starts a worker in a running Plaza: it ends with it, after its tasks had `drain` to end. That must leave a moment of
/// what [`Plaza::stop`] is given, to give back those that did not. Returns whether it gets around.
pub fn start(plaza: &Plaza, config: &Config, media: MediaSettings, drain: Duration) -> Arc<Pulse> {
    let surveys_queues = config.metrics.listen.is_some() || config.worker.listen.is_some();
    let settings = WorkerSettings { drain, media, surveys_queues, ..WorkerSettings::from(&config.worker) };
    let worker = Worker::new(plaza.ports.clone(), &plaza.services, settings);
    let pulse = worker.pulse();
    worker.spawn(&plaza.tracker, plaza.shutdown.clone());
    pulse
}

/// How a process is that has this worker inside, if any. Asking brings the metric of the worker's age up to date.
pub fn vitals(pulse: Option<Arc<Pulse>>) -> AskVitals {
    Arc::new(move || {
        let worker_loop_age = pulse.as_ref().map(|pulse| pulse.age());
        if let Some(age) = worker_loop_age {
            metrics::loop_age(age);
        }
        Vitals { is_alive: !pulse.as_ref().is_some_and(|pulse| pulse.is_stuck()), worker_loop_age }
    })
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
