//! How long attempts may take.

use super::*;
use crate::NoEffect;

#[tokio::test(start_paused = true)]
async fn an_attempt_that_never_ends_is_cut_off() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(&world, Scripted::new(|_| pending()));
    let cut = world.until(task, |task| task.state == TaskState::Scheduled).await;
    assert_eq!(cut.last_error.as_deref(), Some("took longer than 300s"));
    worker.stop().await;
}

/// Never ends, and may take longer than most.
struct Slow;

const LONG: Duration = Duration::from_secs(10 * 60);

impl Registry for Slow {
    fn handler(&self, _command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(Self)
    }
}

#[async_trait]
impl TaskHandler for Slow {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        pending().await
    }

    fn max_runtime(&self) -> Option<Duration> {
        Some(LONG)
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_may_take_longer_is_cut_off_later() {
    let world = World::new().await;
    let task = world.task(|_| {}).await;
    let worker = start(&world, Slow);
    world.until(task, |task| task.state == TaskState::Running).await;
    sleep(LONG - 10 * SECOND).await;
    let running = world.find_task(task).await;
    assert_eq!((running.state, running.token), (TaskState::Running, 1), "its lease is kept for as long");
    let cut = world.until(task, |task| task.state == TaskState::Scheduled).await;
    assert_eq!(cut.last_error.as_deref(), Some("took longer than 600s"));
    worker.stop().await;
}
