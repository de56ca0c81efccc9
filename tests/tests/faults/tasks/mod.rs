//! Tasks, while what runs them is killed, paused, emptied and restarted.

mod announced;
mod killed;
mod outages;
mod stopped;

use std::time::Duration;

use plaza_tests::{Options, Setup, backstage::SLEEP};

/// A debug build on two cores, with every commit on disk.
const PATIENCE: Duration = Duration::from_secs(180);
/// The shortest lease that can be configured.
const LEASE: Duration = Duration::from_secs(3);

/// Leases that end soon.
fn options(setup: Setup) -> Options {
    Options::new(setup)
        .variable("PLAZA_WORKER__LEASE_SECONDS", &LEASE.as_secs().to_string())
        .variable("PLAZA_WORKER__CONCURRENCY", "4")
}

/// The notes of that many probes which each take that long.
fn sleeping(count: usize, time: Duration) -> impl Iterator<Item = String> {
    std::iter::repeat_n(format!("{SLEEP}{}", time.as_millis()), count)
}
