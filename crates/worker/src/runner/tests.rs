//! The runtime's time stands still here and is moved by the tests; the store's follows it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test, and handlers may panic"
)]

mod cancel;
mod queues;
mod runtime;
mod shared;
mod suspects;

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use plaza_application::{
    commands::{Command, ProbeCommand},
    ports::{BoxError, MockTaskQueue, QueueError},
};
use plaza_domain::{RepositoryError, TaskState, UnitOfWork};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::*;
use crate::{
    Applied, Attempt, Effect, TaskError, TaskHandler,
    testing::{Counting, Scripted, World},
};

const SECOND: Duration = Duration::from_secs(1);

fn start(world: &World, registry: impl Registry + 'static) -> Running {
    start_with(world, WorkerSettings::default(), registry)
}

fn start_with(world: &World, settings: WorkerSettings, registry: impl Registry + 'static) -> Running {
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let worker = Worker::with_registry(world.ports.clone(), settings, Arc::new(registry));
    worker.spawn(&tracker, shutdown.clone());
    tracker.close();
    Running { tracker, shutdown }
}

struct Running {
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        self.tracker.wait().await;
    }
}

fn succeeding(effect: &Counting) -> Scripted {
    let effect = effect.clone();
    Scripted::new(move |_| {
        let effect: Box<dyn Effect> = Box::new(effect.clone());
        async { Ok(effect) }
    })
}

fn failing(error: impl Fn() -> TaskError + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |_| {
        let error = error();
        async { Err(error) }
    })
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_once_however_often_it_is_announced() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let effect = Counting::default();
    world.ports.queue.push("media", &[task, task, task]).await.unwrap();
    let worker = start(&world, succeeding(&effect));
    world.until(task, |task| task.state == TaskState::Succeeded).await;
    sleep(60 * SECOND).await;
    worker.stop().await;
    assert_eq!(effect.count(), 1);
    assert_eq!(world.find_task(task).await.attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_announced_is_found() {
    let world = World::new().await;
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(world.task(|_| {}).await);
    }
    let started = Instant::now();
    let worker = start(&world, succeeding(&Counting::default()));
    for task in tasks {
        world.until(task, |task| task.state == TaskState::Succeeded).await;
    }
    assert!(started.elapsed() < 4 * SECOND, "took {:?}", started.elapsed());
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_queue_tasks_only_take_longer() {
    let mut world = World::new().await;
    let mut queue = MockTaskQueue::new();
    queue.expect_pop().returning(|_, _, _| Err(QueueError("connection refused".into())));
    queue.expect_push().returning(|_, _| Err(QueueError("connection refused".into())));
    world.ports.queue = Arc::new(queue);
    let started = Instant::now();
    let worker = start(&world, succeeding(&Counting::default()));
    sleep(30 * SECOND).await;
    let task = world.task(|_| {}).await;
    world.until(task, |task| task.state == TaskState::Succeeded).await;
    assert!(started.elapsed() < 35 * SECOND, "took {:?}", started.elapsed());
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_repeated_after_a_while_until_none_is_left() {
    let world = World::new().await;
    let task = world.task(|task| task.max_attempts = 3).await;
    let worker = start(&world, failing(|| TaskError::Retry("no such host".into())));
    let first = world.until(task, |task| task.state == TaskState::Scheduled).await;
    assert_eq!((first.attempt, first.last_error.as_deref()), (1, Some("no such host")));
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    assert_eq!((dead.attempt, dead.last_error.as_deref()), (3, Some("no such host")));
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt_and_the_worker_goes_on() {
    let world = World::new().await;
    let task = world.task(|task| task.max_attempts = 2).await;
    let worker = start(&world, Scripted::new(|_| async { panic!("index out of bounds") }));
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    assert_eq!(dead.attempt, 2);
    assert_eq!(dead.last_error.as_deref(), Some("panicked: index out of bounds"));
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_discarded_task_is_not_repeated() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(&world, failing(|| TaskError::Discard("nobody wants it".to_owned())));
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    assert_eq!(dead.attempt, 1);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_of_a_newer_version_waits_for_a_newer_worker() {
    let world = World::new().await;
    let task = world.task(|task| task.version = 99).await;
    let effect = Counting::default();
    let worker = start(&world, succeeding(&effect));
    let snoozed = world.until(task, |task| task.token == 3 && task.state == TaskState::Scheduled).await;
    worker.stop().await;
    assert_eq!((snoozed.attempt, effect.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn unreadable_data_of_a_known_command_is_given_up() {
    let world = World::new().await;
    let task = world.task(|task| task.payload = "?".into()).await;
    let worker = start(&world, succeeding(&Counting::default()));
    world.until(task, |task| task.state == TaskState::Dead).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn shutting_down_gives_a_task_back_without_burning_its_attempt() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(&world, Scripted::new(|_| pending()));
    world.until(task, |task| task.state == TaskState::Running).await;
    let asked = Instant::now();
    worker.stop().await;
    assert!((25 * SECOND..30 * SECOND).contains(&asked.elapsed()), "took {:?}", asked.elapsed());
    let task = world.find_task(task).await;
    assert_eq!((task.state, task.attempt), (TaskState::Scheduled, 0));
}

#[tokio::test(start_paused = true)]
async fn shutting_down_lets_a_running_task_end() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let gate = Arc::new(Notify::new());
    let effect = Counting::default();
    let (waiting, applied) = (Arc::clone(&gate), effect.clone());
    let registry = Scripted::new(move |_| {
        let (gate, effect) = (Arc::clone(&waiting), applied.clone());
        async move {
            gate.notified().await;
            Ok(Box::new(effect) as Box<dyn Effect>)
        }
    });
    let worker = start(&world, registry);
    world.until(task, |task| task.state == TaskState::Running).await;
    worker.shutdown.cancel();
    sleep(20 * SECOND).await;
    gate.notify_one();
    worker.stop().await;
    assert_eq!(world.find_task(task).await.state, TaskState::Succeeded);
    assert_eq!(effect.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_while_its_task_runs() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(&world, Scripted::new(|_| pending()));
    world.until(task, |task| task.state == TaskState::Running).await;
    sleep(200 * SECOND).await;
    let running = world.find_task(task).await;
    assert_eq!((running.state, running.token), (TaskState::Running, 1));
    worker.stop().await;
}

/// Lets another worker have the task, as happens when this one was stopped for longer than its lease.
async fn steal(world: &World, task: plaza_domain::TaskId) {
    let context = world.context(succeeding(&Counting::default()));
    let mut work = world.ports.store.begin().await.unwrap();
    work.tasks().extend(task, 1, chrono::TimeDelta::zero()).await.unwrap();
    work.tasks().reap(3, context.claim_request(), 10).await.unwrap();
    work.tasks().promote(10).await.unwrap();
    work.tasks().claim(task, context.claim_request()).await.unwrap().unwrap();
    work.commit().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_without_a_lease_found_out_is_void() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    let writer = world.ports.blobs.create().await.unwrap();
    let object = writer.finish().await.unwrap().key;
    let effect = Counting { object: Some(object), ..Counting::default() };
    let context = world.context(succeeding(&effect));
    let task = world.claim(id, 30 * SECOND).await.unwrap();
    steal(&world, id).await;

    attempt::run(&context, task, &CancellationToken::new()).await;

    assert_eq!(effect.count(), 0);
    assert_eq!(world.blobs.keys(), Vec::<String>::new());
    let task = world.find_task(id).await;
    assert_eq!((task.state, task.token), (TaskState::Running, 2));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_loses_its_lease_stops() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    let context = world.context(Scripted::new(|_| pending()));
    let task = world.claim(id, 30 * SECOND).await.unwrap();
    steal(&world, id).await;

    let started = Instant::now();
    attempt::run(&context, task, &CancellationToken::new()).await;

    assert!(started.elapsed() <= 11 * SECOND, "took {:?}", started.elapsed());
    assert_eq!(world.find_task(id).await.token, 2);
}

#[tokio::test(start_paused = true)]
async fn causes_are_kept_with_a_task() {
    #[derive(Debug, thiserror::Error)]
    #[error("the picture could not be stored")]
    struct Outer(#[source] BoxError);

    let world = World::new().await;
    let task = world.task(|task| task.max_attempts = 1).await;
    let worker = start(&world, failing(|| TaskError::Retry(Outer("disk on fire".into()).into())));
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    assert_eq!(dead.last_error.as_deref(), Some("the picture could not be stored: disk on fire"));
    worker.stop().await;
}

/// Prepares an effect that cannot be applied, and cannot say what follows when it is given up.
struct Hopeless;

impl Registry for Hopeless {
    fn handler(&self, _command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(Self)
    }
}

#[async_trait]
impl TaskHandler for Hopeless {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        Ok(Box::new(Self))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(Self)
    }
}

#[async_trait]
impl Effect for Hopeless {
    async fn apply(self: Box<Self>, _work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        panic!("off by one")
    }
}

#[tokio::test(start_paused = true)]
async fn a_faulty_effect_does_not_keep_its_task_from_the_dead_letters() {
    let world = World::new().await;
    let task = world.task(|task| task.max_attempts = 2).await;
    let worker = start(&world, Hopeless);
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    let error = "the effect of an attempt could not be applied: panicked: off by one";
    assert_eq!((dead.attempt, dead.last_error.as_deref()), (2, Some(error)));
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_now_and_then() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(
        &world,
        Scripted::new(|attempt| async move {
            for percent in [10, 20, 30] {
                attempt.progress(percent).await;
            }
            tokio::time::sleep(SECOND).await;
            attempt.progress(200).await;
            pending().await
        }),
    );
    let begun = world.until(task, |task| task.progress.is_some()).await;
    assert_eq!(begun.progress, Some(10), "what comes too soon is left out");
    world.until(task, |task| task.progress == Some(100)).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn progress_of_a_worker_without_a_lease_is_not_written() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    let task = world.claim(id, 30 * SECOND).await.unwrap();
    steal(&world, id).await;
    let store = Arc::clone(&world.ports.store);
    Attempt::new(task, chrono::TimeDelta::seconds(30), store).progress(50).await;
    assert_eq!(world.find_task(id).await.progress, None);
}

#[tokio::test(start_paused = true)]
async fn a_probe_answers() {
    let world = World::new().await;
    let command = Command::Probe(ProbeCommand { note: "hello".to_owned() });
    let new = command.into_task(world.ports.ids.next().into(), None).unwrap();
    let id = world.task(|task| *task = new).await;
    let worker = start(&world, world.handlers());
    let done = world.until(id, |task| task.state == TaskState::Succeeded).await;
    assert_eq!((done.attempt, done.result), (1, Some(serde_json::json!({ "note": "hello" }))));
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_too_large_is_a_fault_of_the_handler() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(
        &world,
        Scripted::new(|_| async {
            Ok(Box::new(crate::Answer("x".repeat(64 * 1024).into())) as Box<dyn Effect>)
        }),
    );
    let dead = world.until(task, |task| task.state == TaskState::Dead).await;
    assert_eq!((dead.result, dead.attempt), (None, 1));
    assert!(dead.last_error.is_some_and(|error| error.contains("65536 bytes")));
    worker.stop().await;
}
