//! Redis and Postgres, emptied, killed and restarted while work goes on.

use std::time::Duration;

use plaza_tests::{
    Setup,
    backstage::Backstage,
    client::User,
    pictures::png,
    servers::{PrivatePostgres, PrivateRedis, until},
};
use tokio::time::{Instant, interval};

use super::{PATIENCE, options, sleeping};

const TASKS: usize = 1_000;
const FLUSH_EVERY: Duration = Duration::from_secs(5);
const OUTAGE: Duration = Duration::from_secs(30);
const UPLOAD_EVERY: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emptying_redis_every_five_seconds_loses_nothing() {
    let mut redis = PrivateRedis::start().await;
    let plaza = options(Setup::Distributed).faulty_workers().redis(redis.url()).start().await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store(sleeping(TASKS, Duration::from_millis(60))).await;
    backstage.announce(&ids).await;

    let start = Instant::now();
    let mut flushes = 0;
    let mut ticks = interval(FLUSH_EVERY);
    let ledger = loop {
        ticks.tick().await;
        let ledger = backstage.ledger().await;
        if ledger.lost() == 0 {
            break ledger;
        }
        assert!(start.elapsed() < PATIENCE, "the tasks do not come to their end: {ledger:?}");
        redis.flush_all().await;
        flushes += 1;
    };
    println!(
        "tasks: {TASKS} tasks in {:.1} s, FLUSHALL {flushes} times: lost = {}, dead = {}, duplicate effects = {}",
        start.elapsed().as_secs_f64(),
        ledger.lost(),
        ledger.dead,
        ledger.duplicated(),
    );
    assert!(flushes > 1, "Redis was not emptied in time");
    assert_eq!((ledger.succeeded, ledger.duplicated()), (TASKS as i64, 0), "{ledger:?}");
    backstage.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_are_taken_and_processed_while_redis_is_down() {
    let mut redis = PrivateRedis::start().await;
    let plaza = options(Setup::Distributed).redis(redis.url()).start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let here = [ada.at(plaza.a()), ada.at(plaza.b())];

    redis.kill().await;
    let start = Instant::now();
    let mut ticks = interval(UPLOAD_EVERY);
    let mut slowest = Duration::ZERO;
    let mut file_ids = Vec::new();
    while start.elapsed() < OUTAGE {
        ticks.tick().await;
        let user = &here[file_ids.len() % here.len()];
        let asked = Instant::now();
        let answer = user.upload("dot.png", png(8, 8)).await;
        slowest = slowest.max(asked.elapsed());
        let receipt = answer.expect(202);
        file_ids.push(receipt["file_id"].as_str().expect("an id").to_owned());
    }
    let processed_meanwhile = completed(&ada, &file_ids).await;
    redis.restart().await;
    for file_id in &file_ids {
        assert_eq!(ada.processed(file_id).await["status"], "completed");
    }
    println!(
        "tasks: Redis down for {} s: {} uploads, all answered with 202 (the slowest in {:.1} s), {processed_meanwhile} \
         processed meanwhile, all in the end",
        OUTAGE.as_secs(),
        file_ids.len(),
        slowest.as_secs_f64(),
    );
    assert!(processed_meanwhile > 0, "the worker waits for Redis");
}

async fn completed(user: &User, file_ids: &[String]) -> usize {
    let mut count = 0;
    for file_id in file_ids {
        let file = user.api.get(&format!("/files/{file_id}")).await.expect(200);
        count += usize::from(file["status"] == "completed");
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgres_loses_nothing() {
    let mut postgres = Box::pin(PrivatePostgres::start()).await;
    let database = postgres.database().await;
    let plaza = options(Setup::Distributed).faulty_workers().database(database).start().await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store(sleeping(TASKS / 2, Duration::from_millis(60))).await;
    backstage.announce(&ids).await;
    backstage.until(PATIENCE, |ledger| ledger.succeeded > 20).await;

    let start = Instant::now();
    postgres.restart().await;
    let back = until(PATIENCE, || async { backstage.try_ledger().await }).await.expect("Postgres answers");
    assert!(back.lost() > 0, "everything was done before Postgres was restarted");
    let ledger = backstage.until_done(PATIENCE).await;
    println!(
        "tasks: Postgres killed and restarted with {} of {} tasks open: lost = {}, dead = {}, duplicate effects = {}, \
         done {:.1} s later",
        back.lost(),
        ledger.tasks,
        ledger.lost(),
        ledger.dead,
        ledger.duplicated(),
        start.elapsed().as_secs_f64(),
    );
    assert_eq!((ledger.succeeded, ledger.duplicated()), (ledger.tasks, 0), "{ledger:?}");
    backstage.close().await;
}
