//! Recurring jobs as several workers see them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use chrono::TimeDelta;
use plaza_domain::{RecurringJob, TaskState};
use tokio::time::advance;

use super::*;
use crate::testing::World;

const JOB: &str = "purge_presence";

async fn timing(world: &World) -> RecurringJob {
    let jobs = world.ports.store.read().await.unwrap().jobs().list().await.unwrap();
    jobs.into_iter().find(|job| job.name == JOB).unwrap()
}

/// Looks after jobs as a worker of its own, once.
async fn look(world: &World, is_known: bool) {
    let context = world.context(world.handlers());
    round(&context, &JobService::new(&context.ports), &mut { is_known }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_is_made_once_when_it_is_due_however_many_workers_look() {
    let world = World::new().await;
    look(&world, false).await;
    let planned = timing(&world).await;
    assert_eq!((planned.last_run_at, planned.last_task_id), (None, None));
    advance(Duration::from_secs(600)).await;
    futures::future::join_all((0..8).map(|_| look(&world, true))).await;
    let made = timing(&world).await;
    assert_eq!(made.next_run_at - planned.next_run_at, TimeDelta::minutes(10));
    let task = world.find_task(made.last_task_id.unwrap()).await;
    assert_eq!((task.kind.as_str(), task.state), (JOB, TaskState::Ready));
    let tasks =
        world.ports.store.read().await.unwrap().tasks().list(&Default::default(), None, 10).await.unwrap();
    // Other jobs may be due too.
    assert_eq!(tasks.iter().filter(|task| task.kind == JOB).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn runs_that_were_missed_are_one_run() {
    let world = World::new().await;
    look(&world, false).await;
    advance(Duration::from_secs(5 * 3600)).await;
    look(&world, false).await;
    let first = timing(&world).await;
    assert!(first.last_run_at.is_some() && first.next_run_at > world.ports.clock.now());
    look(&world, true).await;
    assert_eq!(timing(&world).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_last_task_is_not_done_is_left_out() {
    let world = World::new().await;
    look(&world, false).await;
    advance(Duration::from_secs(600)).await;
    look(&world, true).await;
    let first = timing(&world).await;
    advance(Duration::from_secs(600)).await;
    look(&world, true).await;
    let second = timing(&world).await;
    assert!(second.next_run_at > first.next_run_at);
    assert_eq!(second.last_task_id, first.last_task_id);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_begins_forgets_jobs_that_it_does_not_know() {
    let world = World::new().await;
    let mut work = world.ports.store.begin().await.unwrap();
    work.jobs().ensure("brew_coffee", world.ports.clock.now()).await.unwrap();
    work.commit().await.unwrap();
    look(&world, false).await;
    let jobs = world.ports.store.read().await.unwrap().jobs().list().await.unwrap();
    assert_eq!(
        jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(),
        JOBS.each_ref().map(|job| job.name)
    );
}
