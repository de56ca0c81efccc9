//! Who does background work.

use crate::{Timestamp, WorkerId};

/// A worker, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Its id.
    pub id: WorkerId,
    /// The machine it runs on.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// The program's version.
    pub version: String,
    /// The queues whose tasks it takes.
    pub queues: Vec<String>,
    /// How many tasks it can do at a time.
    pub slots: u32,
    /// How many it is doing.
    pub running: u32,
    /// When it began.
    pub started_at: Timestamp,
}

/// A worker, and when it was last seen to get around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenWorker {
    /// The worker.
    pub status: WorkerStatus,
    /// When it last told, by the database's clock.
    pub seen_at: Timestamp,
}
