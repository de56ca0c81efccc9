//! Tasks that are called off while they run.

use plaza_application::events::UserEvent;
use plaza_domain::{FileFailure, FileStatus, Task, TaskId};

use super::*;

async fn call_off(world: &World, id: TaskId) -> Task {
    let mut work = world.ports.store.begin().await.unwrap();
    let task = work.tasks().cancel(id).await.unwrap().unwrap();
    work.commit().await.unwrap();
    task
}

/// Writes nothing but what it counts: when it is given up, and when it is called off.
#[derive(Clone, Default)]
struct Stubborn {
    given_up: Counting,
    called_off: Counting,
}

impl Registry for Stubborn {
    fn handler(&self, _command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl TaskHandler for Stubborn {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        pending().await
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(self.given_up.clone())
    }

    fn on_cancelled(&self) -> Box<dyn Effect> {
        Box::new(self.called_off.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_task_that_is_called_off_ends_within_two_seconds() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let registry = Stubborn::default();
    let worker = start(&world, registry.clone());
    world.until(task, |task| task.state == TaskState::Running).await;
    let asked = Instant::now();
    assert_eq!(call_off(&world, task).await.state, TaskState::Running);
    let ended = world.until(task, |task| task.state != TaskState::Running).await;
    assert!(asked.elapsed() <= 2 * SECOND + SECOND / 2, "took {:?}", asked.elapsed());
    assert_eq!((ended.state, ended.last_error), (TaskState::Cancelled, None));
    assert_eq!((registry.given_up.count(), registry.called_off.count()), (0, 1));
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_called_off_does_not_begin_again() {
    let outcomes = [
        || TaskError::Retry("no such host".into()),
        || TaskError::Snooze { delay: SECOND, reason: "not now".to_owned() },
    ];
    for outcome in outcomes {
        let world = World::new().await;
        let context = world.context(failing(outcome));
        let id = world.task(|_| {}).await;
        let task = world.claim(id, 30 * SECOND).await.unwrap();
        call_off(&world, id).await;
        attempt::run(&context, task, &CancellationToken::new()).await;
        assert_eq!(world.find_task(id).await.state, TaskState::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_stays_done_though_it_was_called_off() {
    let world = World::new().await;
    let effect = Counting::default();
    let context = world.context(succeeding(&effect));
    let id = world.task(|_| {}).await;
    let task = world.claim(id, 30 * SECOND).await.unwrap();
    call_off(&world, id).await;
    attempt::run(&context, task, &CancellationToken::new()).await;
    assert_eq!((world.find_task(id).await.state, effect.count()), (TaskState::Succeeded, 1));
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_worker_vanished_after_it_was_called_off_is_not_run() {
    let world = World::new().await;
    let id = world.task(|_| {}).await;
    world.claim(id, 30 * SECOND).await.unwrap();
    call_off(&world, id).await;
    let effect = Counting::default();
    let worker = start(&world, succeeding(&effect));
    world.until(id, |task| task.state == TaskState::Cancelled).await;
    assert_eq!(effect.count(), 0);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_whose_processing_is_called_off_has_failed() {
    let mut world = World::new().await;
    let file = world.upload("notes.txt", "hello").await;
    let context = world.context(world.handlers());
    let task = world.claim(file.task_id, 30 * SECOND).await.unwrap();
    call_off(&world, file.task_id).await;
    let task = Task { cancel_requested_at: world.find_task(file.task_id).await.cancel_requested_at, ..task };
    attempt::run(&context, task, &CancellationToken::new()).await;
    let found = world.find_file(&file).await;
    assert_eq!((found.status, found.failure), (FileStatus::Failed, Some(FileFailure::Cancelled)));
    assert!(matches!(world.next_event().await, UserEvent::FileChanged { status: FileStatus::Failed, .. }));
}
