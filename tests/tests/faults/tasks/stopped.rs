//! Workers that are frozen, and workers that are asked to end.

use std::time::Duration;

use plaza_tests::{
    Setup,
    backstage::{Backstage, DRAIN_VARIABLE},
    servers::until,
};

use super::{LEASE, PATIENCE, options, sleeping};

const TASKS: usize = 200;
/// Fewer than a worker does at a time.
const LONG: usize = 3;
const RUNNING: &str = "SELECT count(*) FROM tasks WHERE kind = 'probe' AND state = 'running'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_completion_of_a_worker_that_slept_through_its_lease_is_refused() {
    let mut plaza = options(Setup::Distributed).faulty_workers().idle_workers(1).start().await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store(sleeping(1, LEASE / 2)).await;
    backstage.announce(&ids).await;
    running(&backstage, 1).await;

    plaza.pause_worker(0);
    plaza.restart_worker(1).await;
    let done = backstage.until_done(PATIENCE).await;
    plaza.resume_worker(0);
    let void = "this attempt is void";
    until(PATIENCE, || async {
        let log = plaza.worker_log(0);
        if log.contains(void) { Ok(()) } else { Err(log) }
    })
    .await
    .expect("the one that was frozen learns that it came too late");

    let ledger = backstage.ledger().await;
    println!(
        "tasks: worker stopped beyond its lease of {} s and continued: stale completions refused = 1, succeeded = {}, \
         effects = {}, crashed attempts = {}",
        LEASE.as_secs(),
        ledger.succeeded,
        ledger.effects,
        ledger.crashes,
    );
    assert_eq!(ledger, done, "nothing was written by the one that came too late");
    assert_eq!((ledger.succeeded, ledger.effects, ledger.crashes), (1, 1, 1));
    backstage.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_asked_to_end_under_load_burns_no_attempt() {
    let options = options(Setup::Distributed).faulty_workers().variable(DRAIN_VARIABLE, "300");
    let mut plaza = options.idle_workers(1).start().await;
    let backstage = Backstage::open(&plaza).await;
    // Long ones, which do not end while the worker drains, and short ones, which do.
    let long = sleeping(LONG, Duration::from_secs(2));
    let ids = backstage.store(long.chain(sleeping(TASKS, Duration::from_millis(50)))).await;
    backstage.announce(&ids).await;
    running(&backstage, 4).await;

    plaza.terminate_worker(0);
    let status = plaza.worker_ended(0).await;
    assert!(status.success(), "{status}");
    assert_eq!(backstage.number(RUNNING).await, 0, "what ran was given back");
    plaza.restart_worker(1).await;
    let ledger = backstage.until_done(PATIENCE).await;
    let given_back = "SELECT count(*) FROM task_attempts WHERE outcome = 'snooze'";
    let given_back = backstage.number(given_back).await;
    println!(
        "tasks: SIGTERM under load: given back = {given_back}, succeeded = {}, effects = {}, most attempts of one = {}, \
         crashed attempts = {}",
        ledger.succeeded, ledger.effects, ledger.most_attempts, ledger.crashes,
    );
    assert!(given_back >= LONG as i64, "the long ones were not under way");
    assert_eq!((ledger.succeeded, ledger.duplicated()), (ledger.tasks, 0));
    assert_eq!((ledger.most_attempts, ledger.crashes), (1, 0), "an attempt was burnt");
    backstage.close().await;
}

async fn running(backstage: &Backstage, count: i64) {
    until(PATIENCE, || async {
        let found = backstage.number(RUNNING).await;
        if found >= count { Ok(()) } else { Err(found) }
    })
    .await
    .expect("tasks are under way");
}
