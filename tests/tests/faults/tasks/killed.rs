//! Workers that are killed, and tasks that kill them.

use std::time::Duration;

use plaza_tests::{
    Setup,
    backstage::{ABORT, Backstage, Ledger},
    both_setups,
};
use tokio::time::{Instant, interval};

use super::{LEASE, PATIENCE, options, sleeping};

both_setups!(killing_the_worker_every_two_seconds_loses_and_repeats_nothing);

const TASKS: usize = 2_000;
const GOOD: usize = 200;
const KILL_EVERY: Duration = Duration::from_secs(2);
/// So that tasks are under way whenever a worker is killed.
const EACH_TAKES: Duration = Duration::from_millis(40);

async fn killing_the_worker_every_two_seconds_loses_and_repeats_nothing(setup: Setup) {
    let mut plaza = options(setup).faulty_workers().idle_workers(1).start().await;
    if setup == Setup::Distributed {
        plaza.restart_worker(1).await;
    }
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store(sleeping(TASKS, EACH_TAKES)).await;
    backstage.announce(&ids).await;

    let start = Instant::now();
    let mut kills = 0;
    let mut ticks = interval(KILL_EVERY);
    ticks.tick().await;
    let ledger = loop {
        ticks.tick().await;
        let ledger = backstage.ledger().await;
        if ledger.lost() == 0 {
            break ledger;
        }
        assert!(start.elapsed() < PATIENCE, "the tasks do not come to their end: {ledger:?}");
        match setup {
            Setup::Embedded => plaza.restart(0).await,
            Setup::Distributed => plaza.restart_worker(kills % 2).await,
        }
        kills += 1;
    };
    println!(
        "tasks, {setup:?}: {TASKS} tasks in {:.1} s, workers killed with -9 {kills} times: lost = {}, dead = {}, \
         duplicate effects = {}, crashed attempts = {}",
        start.elapsed().as_secs_f64(),
        ledger.lost(),
        ledger.dead,
        ledger.duplicated(),
        ledger.crashes,
    );
    assert!(kills > 0, "no worker was killed in time");
    assert_eq!((ledger.succeeded, ledger.duplicated()), (TASKS as i64, 0), "{ledger:?}");
    backstage.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_aborts_its_process_is_given_up_and_the_others_finish() {
    let mut plaza = options(Setup::Distributed).faulty_workers().start().await;
    let backstage = Backstage::open(&plaza).await;
    let notes = (0..=GOOD).map(|number| if number == GOOD / 2 { ABORT } else { "" }.to_owned());
    let ids = backstage.store(notes).await;
    backstage.announce(&ids).await;

    let start = Instant::now();
    let mut restarts = 0;
    let mut ticks = interval(LEASE / 6);
    let ledger = loop {
        ticks.tick().await;
        let ledger = backstage.ledger().await;
        if ledger.lost() == 0 {
            break ledger;
        }
        assert!(start.elapsed() < PATIENCE, "the tasks do not come to their end: {ledger:?}");
        // What an operator's supervisor does.
        if !plaza.is_worker_running(0) {
            plaza.restart_worker(0).await;
            restarts += 1;
        }
    };
    println!(
        "tasks: one that aborts its process among {GOOD}: succeeded = {}, dead = {}, crashed attempts = {}, \
         worker restarted {restarts} times, {:.1} s",
        ledger.succeeded,
        ledger.dead,
        ledger.crashes,
        start.elapsed().as_secs_f64(),
    );
    let expected =
        Ledger { tasks: GOOD as i64 + 1, succeeded: GOOD as i64, dead: 1, effects: GOOD as i64, ..ledger };
    assert_eq!(ledger, expected);
    assert_eq!(restarts, 3, "it is given up after three crashes");
    let dead = "SELECT CAST(max(crashes) AS BIGINT) FROM tasks WHERE kind = 'probe' AND state = 'dead'";
    assert_eq!(backstage.number(dead).await, 3);
    let good = "SELECT CAST(max(crashes) AS BIGINT) FROM tasks WHERE kind = 'probe' AND state = 'succeeded'";
    assert!(backstage.number(good).await <= 1, "a good one was counted again, beside a task that was known");
    backstage.close().await;
}
