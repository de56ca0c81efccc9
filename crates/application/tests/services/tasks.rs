//! Background work, as its owners and the server's admins see it.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    Actor, Error, Operator, PageRequest, Result,
    commands::MEDIA_QUEUE,
    events::{Event, UserEvent},
    ports::{MockTaskQueue, QueueError},
};
use plaza_domain::{
    AttemptOutcome, File, FileFailure, FileStatus, NewTask, Priority, Task, TaskId, TaskState, WorkerId,
    repository::{ClaimRequest, TaskFilter},
};

use crate::{
    files::upload,
    world::{World, heard},
};

/// An admin of the server, a user with an upload, and the upload.
struct Scene {
    world: World,
    root: Actor,
    ada: Actor,
    file: File,
}

impl Scene {
    async fn new() -> Result<Self> {
        Self::in_world(World::new()).await
    }

    async fn in_world(world: World) -> Result<Self> {
        let root = world.user("root").await?;
        let ada = world.user("ada").await?;
        let file = upload(&world, &ada, "engine.png", b"a picture, believe me").await?.file;
        Ok(Self { world, root, ada, file })
    }

    async fn task(&self) -> Result<Task> {
        self.world.services.tasks.get(&self.ada, self.file.task_id).await.map(|details| details.task)
    }

    async fn stored_file(&self) -> Result<File> {
        let file = self.world.ports.store.read().await?.files().find(self.file.id).await?;
        file.ok_or(Error::NotFound("file"))
    }

    async fn claim(&self) -> Result<Task> {
        let by = ClaimRequest { worker: WorkerId::new(self.world.ports.ids.next()), lease: LEASE };
        let mut work = self.world.ports.store.begin().await?;
        let task = work.tasks().claim(self.file.task_id, by).await?;
        work.commit().await?;
        task.ok_or(Error::NotFound("task"))
    }

    /// Gives the upload's task up, as a worker does.
    async fn give_up(&self) -> Result<()> {
        let task = self.claim().await?;
        let outcome = AttemptOutcome::Dead { error: "/var/plaza is full".to_owned() };
        let mut work = self.world.ports.store.begin().await?;
        work.tasks().finish(task.id, task.token, &outcome).await?;
        let now = self.world.ports.clock.now();
        plaza_application::fail_file(&mut *work, self.file.id, FileFailure::GaveUp, now).await?;
        Ok(work.commit().await?)
    }
}

const LEASE: chrono::TimeDelta = chrono::TimeDelta::hours(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: u32 = 24;

fn first_page() -> PageRequest<TaskId> {
    PageRequest::new(None, 10)
}

fn conflict(result: Result<Task>) -> Option<String> {
    match result {
        Err(Error::Conflict(reason)) => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn a_task_is_shown_to_its_owner_and_to_admins_only() -> Result<()> {
    let scene = Scene::new().await?;
    let tasks = &scene.world.services.tasks;
    for actor in [&scene.ada, &scene.root] {
        let details = tasks.get(actor, scene.file.task_id).await?;
        assert_eq!((details.task.state, details.attempts.len()), (TaskState::Ready, 0));
    }
    let grace = scene.world.user("grace").await?;
    let hidden = tasks.get(&grace, scene.file.task_id).await;
    assert!(matches!(hidden, Err(Error::NotFound("task"))), "{hidden:?}");
    Ok(())
}

#[tokio::test]
async fn only_admins_and_the_command_line_give_orders() -> Result<()> {
    let scene = Scene::new().await?;
    let (tasks, id) = (&scene.world.services.tasks, scene.file.task_id);
    let all = TaskFilter { queue: Some("media".to_owned()), ..TaskFilter::default() };
    let ada = Operator::User(&scene.ada);
    let refused = [
        tasks.inspect(ada, id).await.err(),
        tasks.list(ada, &all, first_page()).await.err(),
        tasks.queues(ada).await.err(),
        tasks.cancel(ada, id).await.err(),
        tasks.retry(ada, id).await.err(),
        tasks.retry_dead(ada, None, None, first_page()).await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::Forbidden(_))), "{error:?}");
    }
    assert_eq!(scene.task().await?.state, TaskState::Ready);
    for operator in [Operator::User(&scene.root), Operator::CommandLine] {
        assert_eq!(tasks.inspect(operator, id).await?.task.id, id);
        assert_eq!(tasks.list(operator, &all, first_page()).await?.items.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_file_whose_task_is_called_off_has_failed_and_its_owner_learns_of_it() -> Result<()> {
    let scene = Scene::new().await?;
    let mut events = scene.world.ports.bus.subscribe();
    let tasks = &scene.world.services.tasks;
    let task = tasks.cancel(Operator::User(&scene.root), scene.file.task_id).await?;
    assert_eq!(task.state, TaskState::Cancelled);
    let file = scene.stored_file().await?;
    assert_eq!((file.status, file.failure), (FileStatus::Failed, Some(FileFailure::Cancelled)));
    let told = heard(&mut events);
    assert_eq!(told, [Event::file_changed(&file, Vec::new())]);

    let task = tasks.retry(Operator::User(&scene.root), scene.file.task_id).await?;
    assert_eq!(task.state, TaskState::Ready);
    let file = scene.stored_file().await?;
    assert_eq!((file.status, file.failure), (FileStatus::Pending, None));
    let told = heard(&mut events);
    assert!(
        matches!(&told[..], [Event::User(UserEvent::FileChanged { user_id, .. })] if *user_id == scene.ada.id())
    );
    Ok(())
}

#[tokio::test]
async fn a_running_task_is_asked_to_end_and_its_file_is_its_workers() -> Result<()> {
    let scene = Scene::new().await?;
    scene.claim().await?;
    let task = scene.world.services.tasks.cancel(Operator::CommandLine, scene.file.task_id).await?;
    assert_eq!(task.state, TaskState::Running);
    assert!(task.cancel_requested_at.is_some());
    assert_eq!(scene.stored_file().await?.status, FileStatus::Pending);
    Ok(())
}

#[tokio::test]
async fn a_dead_task_is_given_another_chance_and_a_worker_is_woken() -> Result<()> {
    let scene = Scene::new().await?;
    let queues = [MEDIA_QUEUE.to_owned()];
    scene.world.ports.queue.pop(&queues, 1, Duration::ZERO).await.ok();
    scene.give_up().await?;
    let task = scene.world.services.tasks.retry(Operator::User(&scene.root), scene.file.task_id).await?;
    assert_eq!((task.state, task.attempt), (TaskState::Ready, 0));
    assert_eq!(task.last_error.as_deref(), Some("/var/plaza is full"));
    assert_eq!(scene.stored_file().await?.status, FileStatus::Pending);
    let woken = scene.world.ports.queue.pop(&queues, 1, Duration::ZERO).await.ok().flatten();
    assert_eq!(woken.map(|wake_up| wake_up.task_ids), Some(vec![task.id]));
    let details = scene.world.services.tasks.get(&scene.ada, task.id).await?;
    assert_eq!(details.attempts.len(), 1, "what was tried before is still told");
    Ok(())
}

#[tokio::test]
async fn a_queue_that_is_away_does_not_undo_another_chance() -> Result<()> {
    let mut queue = MockTaskQueue::new();
    queue.expect_push().returning(|_, _| Err(QueueError("connection refused".into())));
    let scene = Scene::in_world(World::with_ports(|ports| ports.queue = Arc::new(queue))).await?;
    scene.give_up().await?;
    scene.world.services.tasks.retry(Operator::CommandLine, scene.file.task_id).await?;
    assert_eq!(scene.task().await?.state, TaskState::Ready);
    Ok(())
}

#[tokio::test]
async fn an_order_that_does_not_fit_tells_the_state() -> Result<()> {
    let scene = Scene::new().await?;
    let (tasks, id, root) = (&scene.world.services.tasks, scene.file.task_id, Operator::User(&scene.root));
    let ready = conflict(tasks.retry(root, id).await);
    assert_eq!(ready.as_deref(), Some("the task is ready: only dead and cancelled tasks can be tried again"));
    scene.claim().await?;
    let running = conflict(tasks.retry(root, id).await).unwrap_or_default();
    assert!(running.starts_with("the task is running"), "{running}");
    let other = Scene::new().await?;
    other.give_up().await?;
    let dead = other.world.services.tasks.cancel(Operator::CommandLine, other.file.task_id).await;
    let dead = conflict(dead).unwrap_or_default();
    assert!(dead.starts_with("the task is dead"), "{dead}");
    let unknown = TaskId::new(scene.world.ports.ids.next());
    for result in [tasks.retry(root, unknown).await, tasks.cancel(root, unknown).await] {
        assert!(matches!(result, Err(Error::NotFound("task"))), "{result:?}");
    }
    Ok(())
}

#[tokio::test]
async fn dead_tasks_are_replayed_but_for_those_whose_key_is_taken() -> Result<()> {
    let scene = Scene::new().await?;
    scene.give_up().await?;
    let keyed = |id| NewTask {
        id,
        queue: "default".to_owned(),
        kind: "sweep".to_owned(),
        version: 1,
        payload: serde_json::Value::Null,
        owner_id: None,
        max_attempts: 1,
        priority: Priority::NORMAL,
        run_at: None,
        unique_key: Some("job:sweep".to_owned()),
    };
    let by = ClaimRequest { worker: WorkerId::new(scene.world.ports.ids.next()), lease: LEASE };
    for _ in 0..2 {
        let id = TaskId::new(scene.world.ports.ids.next());
        let mut work = scene.world.ports.store.begin().await?;
        work.tasks().insert(&keyed(id)).await?;
        let task = work.tasks().claim(id, by).await?.ok_or(Error::NotFound("task"))?;
        work.tasks().finish(id, task.token, &AttemptOutcome::Dead { error: String::new() }).await?;
        work.commit().await?;
    }
    let tasks = &scene.world.services.tasks;
    let media = Some(MEDIA_QUEUE.to_owned());
    let replayed = tasks.retry_dead(Operator::CommandLine, media, None, first_page()).await?;
    assert_eq!((replayed.retried, replayed.skipped, replayed.next), (1, 0, None));
    let one = PageRequest::new(None, 1);
    let replayed = tasks.retry_dead(Operator::CommandLine, None, Some("sweep".to_owned()), one).await?;
    assert_eq!((replayed.retried, replayed.skipped), (1, 0));
    let rest = PageRequest::new(replayed.next, 1);
    assert!(rest.cursor.is_some());
    let replayed = tasks.retry_dead(Operator::CommandLine, None, Some("sweep".to_owned()), rest).await?;
    assert_eq!((replayed.retried, replayed.skipped, replayed.next), (0, 1, None));
    Ok(())
}

#[tokio::test]
async fn queues_tell_how_long_the_oldest_task_waits() -> Result<()> {
    let scene = Scene::new().await?;
    scene.world.clock.advance(HOUR);
    let reports = scene.world.services.tasks.queues(Operator::User(&scene.root)).await?;
    assert!(reports.is_complete);
    let told: Vec<_> = reports
        .queues
        .iter()
        .map(|report| (report.figures.queue.as_str(), report.figures.ready, report.oldest_wait))
        .collect();
    assert_eq!(
        told,
        [("default", 0, None), ("exports", 0, None), ("mail", 2, Some(HOUR)), ("media", 1, Some(HOUR))]
    );
    Ok(())
}

#[tokio::test]
async fn what_was_done_is_removed_after_a_week_and_what_is_dead_after_a_month() -> Result<()> {
    let (called_off, dead) = (Scene::new().await?, Scene::new().await?);
    called_off.world.services.tasks.cancel(Operator::CommandLine, called_off.file.task_id).await?;
    dead.give_up().await?;
    for (scene, days) in [(called_off, 7), (dead, 30)] {
        let tasks = &scene.world.services.tasks;
        scene.world.clock.advance(HOUR * (days * DAY - 1));
        assert_eq!(tasks.purge().await?, 0);
        scene.world.clock.advance(HOUR * 2);
        assert_eq!(tasks.purge().await?, 1);
        let gone = tasks.inspect(Operator::CommandLine, scene.file.task_id).await;
        assert!(matches!(gone, Err(Error::NotFound("task"))), "{gone:?}");
        assert_eq!(scene.stored_file().await?.task_id, scene.file.task_id);
    }
    Ok(())
}
