//! What the clients of a run share, and what they work towards.

use std::{collections::HashMap, sync::Arc};

use tokio::{sync::watch, time::Instant};

use super::Frames;

/// What everybody must hold in the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Goals {
    /// The version of each room; none while the clients still have work.
    pub(super) versions: Arc<HashMap<String, i64>>,
    /// When somebody who does not hold it has failed.
    pub(super) until: Option<Instant>,
}

/// What all clients of a run share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) urls: Arc<[String]>,
    pub(super) frames: Arc<Frames>,
    /// Counts the acknowledged posts of all clients.
    pub(super) acknowledged: Arc<watch::Sender<usize>>,
    /// Counts the clients whose work is done.
    pub(super) finished: Arc<watch::Sender<usize>>,
    pub(super) goals: watch::Receiver<Goals>,
    pub(super) deadline: Instant,
}
