//! Clients on two instances talk while Redis is restarted and emptied, and both instances are killed.

use std::{sync::Arc, time::Duration};

use plaza_tests::conformance::{Settings, run_with_faults};
use tokio::sync::watch;

/// So that the faults come while clients talk, and not when they are done.
const SPREAD: Duration = Duration::from_secs(20);
/// A debug build on two cores, with every commit on disk.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_repeated_when_redis_restarts_and_instances_are_killed() {
    let settings = Settings {
        urls: Vec::new(),
        clients: 40,
        rooms: 5,
        messages: 2_000,
        disconnects: 3,
        spread: SPREAD,
        patience: PATIENCE,
        seed: 3,
    };
    let acknowledged = Arc::new(watch::Sender::new(0));
    let verdict = Box::pin(run_with_faults(&settings, acknowledged)).await.expect("a run to its end");
    println!("{verdict}");
    assert!(verdict.is_clean(), "{verdict}");
    assert!(verdict.reconnects > settings.clients, "connections broke");
}
