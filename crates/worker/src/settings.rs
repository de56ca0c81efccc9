//! What an operator can set about a worker. Defaults are the product's.

use std::time::Duration;

use plaza_application::commands::MEDIA_QUEUE;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The queues whose tasks it takes, the first ones first.
    pub queues: Vec<String>,
    /// How many tasks at a time; at least 1.
    pub concurrency: usize,
    /// How long a worker may be silent before its task is given to another.
    pub lease: Duration,
    /// How long an idle worker waits for a wake-up before it asks the database.
    pub poll_interval: Duration,
    /// How often reaping, promoting and waking are done, on average.
    pub maintenance_interval: Duration,
    /// How old a task is whose wake-up counts as lost.
    pub untaken_after: Duration,
    /// How long one attempt may take.
    pub max_runtime: Duration,
    /// How many workers a task may take down before it is given up.
    pub max_crashes: i32,
    /// How long running tasks may go on after a shutdown was asked for.
    pub drain: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            queues: vec![MEDIA_QUEUE.to_owned()],
            concurrency: 2,
            lease: Duration::from_secs(30),
            poll_interval: Duration::from_secs(2),
            maintenance_interval: Duration::from_secs(5),
            untaken_after: Duration::from_secs(5),
            max_runtime: Duration::from_secs(5 * 60),
            max_crashes: 3,
            drain: Duration::from_secs(25),
        }
    }
}
