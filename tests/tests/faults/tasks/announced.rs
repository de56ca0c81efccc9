//! Wake-ups that are lost or repeated, and commands that nobody knows yet.

use std::time::Duration;

use plaza_domain::NewTask;
use plaza_tests::{Setup, backstage::Backstage, both_setups, servers::until};
use tokio::time::Instant;

use super::{PATIENCE, options};

both_setups!(
    a_task_that_was_never_announced_runs_within_five_seconds,
    a_task_that_is_announced_ten_times_runs_once,
    a_command_of_a_newer_version_is_kept,
);

const BOUND: Duration = Duration::from_secs(5);
const ROUNDS: usize = 5;
const TASKS: usize = 200;

async fn a_task_that_was_never_announced_runs_within_five_seconds(setup: Setup) {
    let plaza = options(setup).start().await;
    let backstage = Backstage::open(&plaza).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..ROUNDS {
        // As a process leaves it that is killed between commit and LPUSH.
        backstage.store([String::new()]).await;
        let committed = Instant::now();
        backstage.until_done(PATIENCE).await;
        slowest = slowest.max(committed.elapsed());
    }
    println!(
        "tasks, {setup:?}: {ROUNDS} tasks stored and never announced: the slowest was done {:.1} s after its commit \
         ({} s allowed)",
        slowest.as_secs_f64(),
        BOUND.as_secs(),
    );
    assert!(slowest <= BOUND, "it took {slowest:?}");
    backstage.close().await;
}

async fn a_task_that_is_announced_ten_times_runs_once(setup: Setup) {
    let plaza = options(setup).start().await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store(vec![String::new(); TASKS]).await;
    for _ in 0..10 {
        backstage.announce(&ids).await;
    }
    let ledger = backstage.until_done(PATIENCE).await;
    println!(
        "tasks, {setup:?}: {TASKS} tasks, each announced ten times: succeeded = {}, effects = {}, most attempts of one = {}",
        ledger.succeeded, ledger.effects, ledger.most_attempts,
    );
    assert_eq!((ledger.succeeded, ledger.effects, ledger.most_attempts), (TASKS as i64, TASKS as i64, 1));
    backstage.close().await;
}

async fn a_command_of_a_newer_version_is_kept(setup: Setup) {
    let plaza = options(setup).start().await;
    let backstage = Backstage::open(&plaza).await;
    let probe = backstage.probe(String::new());
    let unknown = NewTask { kind: "compose_symphony".to_owned(), ..probe.clone() };
    let newer = NewTask { version: probe.version + 1, id: backstage.probe(String::new()).id, ..probe };
    backstage.insert(&[unknown, newer]).await;

    let put_off = "SELECT count(*) FROM task_attempts WHERE outcome = 'snooze'";
    until(PATIENCE, || async {
        let count = backstage.number(put_off).await;
        if count >= 2 { Ok(()) } else { Err(count) }
    })
    .await
    .expect("both are looked at and put off");
    let kept = "SELECT count(*) FROM tasks WHERE state = 'scheduled' AND attempt = 0 AND crashes = 0";
    let kept = backstage.number(kept).await;
    println!(
        "tasks, {setup:?}: 2 commands that this version does not know: kept = {kept}, attempts burnt = 0"
    );
    assert_eq!(kept, 2);
    backstage.close().await;
}
