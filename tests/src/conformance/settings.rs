//! How large a run is.

use std::time::Duration;

/// How large a run is, and how long it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the instances are, such as `http://127.0.0.1:8000`. Clients choose one for each connection.
    pub urls: Vec<String>,
    /// How many clients there are.
    pub clients: usize,
    /// How many rooms there are. Each client is in two of them.
    pub rooms: usize,
    /// How many messages are posted in all. Edits, deletions and reactions come on top.
    pub messages: usize,
    /// How often each client's connection breaks.
    pub disconnects: usize,
    /// Over which time the messages are spread; as fast as they are acknowledged when zero.
    pub spread: Duration,
    /// What everything may take.
    pub patience: Duration,
    /// What the random choices follow from.
    pub seed: u64,
}
