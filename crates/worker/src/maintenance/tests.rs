//! Workers that vanish, as seen by those that stay.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::time::Duration;

use plaza_application::events::UserEvent;
use plaza_domain::{FileFailure, FileStatus, TaskState};
use tokio::time::{Instant, advance};
use tokio_util::task::TaskTracker;

use super::*;
use crate::{Worker, WorkerSettings, testing::World};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn a_task_whose_worker_was_killed_completes_elsewhere_in_time() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    world.claim(id, LEASE).await.unwrap();
    let killed = Instant::now();
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    Worker::new(world.ports.clone(), &world.services, WorkerSettings::default())
        .spawn(&tracker, shutdown.clone());
    world.until(id, |task| task.state == TaskState::Succeeded).await;
    assert!(killed.elapsed() <= LEASE + Duration::from_secs(15), "took {:?}", killed.elapsed());
    shutdown.cancel();
    tracker.close();
    tracker.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_its_workers_down_ends_in_the_dead_letters() {
    let mut world = World::new().await;
    let file = world.upload("notes.txt", "hello").await;
    let context = world.context(world.handlers());
    for _ in 0..3 {
        assert_eq!(world.find_file(&file).await.status, FileStatus::Pending);
        world.claim(file.task_id, LEASE).await.unwrap();
        advance(LEASE).await;
        round(&context).await;
    }
    let task = world.find_task(file.task_id).await;
    assert_eq!((task.state, task.crashes), (TaskState::Dead, 3));
    let file = world.find_file(&file).await;
    assert_eq!((file.status, file.failure), (FileStatus::Failed, Some(FileFailure::GaveUp)));
    let told = UserEvent::FileChanged {
        user_id: file.owner_id,
        file_id: file.id,
        status: FileStatus::Failed,
        failure: Some(FileFailure::GaveUp),
        variants: Vec::new(),
    };
    assert_eq!(world.next_event().await, told);
}

#[tokio::test(start_paused = true)]
async fn a_lost_wake_up_is_repeated() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    let context = world.context(world.handlers());
    let queues = ["media".to_owned()];
    round(&context).await;
    assert_eq!(world.ports.queue.pop(&queues, 1, Duration::ZERO).await.unwrap(), None);
    advance(Duration::from_secs(6)).await;
    round(&context).await;
    assert_eq!(
        world.ports.queue.pop(&queues, 1, Duration::ZERO).await.unwrap().map(|wake_up| wake_up.task_ids),
        Some(vec![id])
    );
}
