//! What an operator can set about a worker. Defaults are the product's.

use std::time::Duration;

use plaza_application::commands::{DEFAULT_QUEUE, EXPORT_QUEUE, MAIL_QUEUE, MEDIA_QUEUE};

/// How a worker treats one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its name.
    pub name: String,
    /// How many of its tasks at a time; 0 leaves it to other workers.
    pub concurrency: usize,
    /// How often its turn comes, compared with the others that have work; at least 1.
    pub weight: u32,
}

impl QueueSettings {
    /// A queue that may take every slot, with the weight of most.
    pub fn new(name: impl Into<String>, concurrency: usize) -> Self {
        Self { name: name.into(), concurrency, weight: 1 }
    }
}

use crate::MediaSettings;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The queues whose tasks it takes.
    pub queues: Vec<QueueSettings>,
    /// How many tasks at a time, of all queues together; at least 1.
    pub concurrency: usize,
    /// How long a worker may be silent before its task is given to another.
    pub lease: Duration,
    /// How long a worker goes by wake-ups before it asks the database.
    pub poll_interval: Duration,
    /// How often reaping, promoting and waking are done, on average.
    pub maintenance_interval: Duration,
    /// How old a task is whose wake-up counts as lost.
    pub untaken_after: Duration,
    /// How long one attempt may take, unless its handler says otherwise.
    pub max_runtime: Duration,
    /// How many workers a task may take down before it is given up.
    pub max_crashes: i32,
    /// Whether it measures the queues, which costs some counting.
    pub surveys_queues: bool,
    /// How long running tasks may go on after a shutdown was asked for.
    pub drain: Duration,
    /// Where media work is done.
    pub media: MediaSettings,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            queues: vec![
                QueueSettings::new(DEFAULT_QUEUE, 3),
                QueueSettings::new(MEDIA_QUEUE, 2),
                QueueSettings::new(MAIL_QUEUE, 3),
                QueueSettings::new(EXPORT_QUEUE, 1),
            ],
            concurrency: 3,
            lease: Duration::from_secs(30),
            poll_interval: Duration::from_secs(2),
            maintenance_interval: Duration::from_secs(5),
            untaken_after: Duration::from_secs(5),
            max_runtime: Duration::from_secs(5 * 60),
            max_crashes: 3,
            surveys_queues: false,
            drain: Duration::from_secs(25),
            media: MediaSettings::default(),
        }
    }
}
