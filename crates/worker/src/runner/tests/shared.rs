//! What slots do together: claims and ends of many tasks by one transaction.

use chrono::TimeDelta;
use futures::future::join_all;
use plaza_application::memory::{ManualClock, MemoryStore};
use plaza_domain::{
    Task, WorkerId,
    repository::{ClaimRequest, Success},
};

use super::*;
use crate::runner::{
    claims::Claims,
    finisher::Finisher,
    settle::{SettleError, Settled},
};

fn by(world: &World) -> ClaimRequest {
    ClaimRequest { worker: WorkerId::new(world.ports.ids.next()), lease: TimeDelta::seconds(30) }
}

fn claims(world: &World) -> Claims {
    Claims::start(Arc::clone(&world.ports.store), by(world))
}

#[tokio::test(start_paused = true)]
async fn each_slot_gets_another_task_while_there_are_some() {
    let world = World::new().await;
    let tasks = [world.task(|_| {}).await, world.task(|_| {}).await];
    let claims = claims(&world);
    let claimed = join_all((0..3).map(|_| claims.next("media"))).await;
    let mut ids: Vec<_> = claimed.into_iter().filter_map(|task| Some(task.unwrap()?.id)).collect();
    ids.sort_unstable();
    assert_eq!(ids, tasks);
    claims.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_slot_is_gone_is_given_back_and_its_attempt_does_not_count() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    let claims = claims(&world);
    let writer = world.ports.store.begin().await.unwrap();
    let mut slot = Box::pin(claims.next("media"));
    assert!(futures::poll!(&mut slot).is_pending());
    // The batch has begun, and waits for the writer before it.
    sleep(SECOND).await;
    drop((slot, writer));
    claims.stop().await;
    let task = world.find_task(id).await;
    assert_eq!((task.state, task.attempt), (TaskState::Scheduled, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_claim_was_committed_but_not_answered_in_time_is_given_back() {
    let store = Arc::new(MemoryStore::new(Arc::new(ManualClock::default())));
    let world = World::with_ports(|ports| ports.store = store.clone()).await;
    let id = world.task(|_| {}).await;
    let claims = claims(&world);
    store.answer_commits_after(60 * SECOND);
    let mut slot = Box::pin(claims.next("media"));
    assert!(futures::poll!(&mut slot).is_pending());
    sleep(SECOND).await;
    let claimed = world.find_task(id).await;
    assert_eq!((claimed.state, claimed.attempt), (TaskState::Running, 1));
    store.answer_commits_after(Duration::ZERO);
    assert!(matches!(slot.await, Err(RepositoryError::Unavailable(_))));
    claims.stop().await;
    let task = world.find_task(id).await;
    assert_eq!((task.state, task.attempt), (TaskState::Scheduled, 0));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_lease_was_lost_does_not_keep_others_from_their_end() {
    let world = World::new().await;
    let claims = claims(&world);
    world.task(|_| {}).await;
    world.task(|_| {}).await;
    let (one, other) = (claims.next("media").await.unwrap(), claims.next("media").await.unwrap());
    let (one, other) = (one.unwrap(), other.unwrap());
    let finisher = Finisher::start(Arc::clone(&world.ports.store));
    let success = |task: &Task, token| Success { id: task.id, token, result: None };
    let ends = [success(&one, one.token), success(&other, other.token - 1)];
    let settled: Result<Vec<_>, SettleError> =
        join_all(ends.map(|end| finisher.finish(end))).await.into_iter().collect();
    assert_eq!(settled.unwrap(), [Settled::Done, Settled::Lost]);
    assert_eq!(world.find_task(one.id).await.state, TaskState::Succeeded);
    assert_eq!(world.find_task(other.id).await.state, TaskState::Running);
    finisher.stop().await;
    claims.stop().await;
}
