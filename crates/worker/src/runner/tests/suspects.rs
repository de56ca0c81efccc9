//! Tasks with which a worker has vanished, and those beside them.

use plaza_application::commands::DEFAULT_QUEUE;
use plaza_domain::TaskId;
use tokio::{task::JoinSet, time::timeout};

use super::*;
use crate::NoEffect;

const HOUR: Duration = Duration::from_secs(3600);

/// A task that is ready again after its worker has vanished.
async fn suspect(world: &World) -> TaskId {
    let id = world.task(|_| {}).await;
    world.claim(id, Duration::ZERO).await.unwrap();
    let by = world.context(world.handlers()).claim_request();
    let mut work = world.ports.store.begin().await.unwrap();
    work.tasks().reap(3, by, 10).await.unwrap();
    work.tasks().promote(10).await.unwrap();
    work.commit().await.unwrap();
    id
}

async fn announced(world: &World, count: usize) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(world.task(|task| task.queue = DEFAULT_QUEUE.to_owned()).await);
    }
    world.ports.queue.push(DEFAULT_QUEUE, &ids).await.unwrap();
    ids
}

async fn states(world: &World, ids: &[TaskId], state: TaskState) -> usize {
    let mut count = 0;
    for id in ids {
        count += usize::from(world.find_task(*id).await.state == state);
    }
    count
}

fn lasting(time: impl Fn(&Attempt) -> Duration + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |attempt| {
        let time = time(&attempt);
        async move {
            tokio::time::sleep(time).await;
            Ok(Box::new(NoEffect) as Box<dyn Effect>)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn nothing_is_claimed_while_a_suspect_runs() {
    let world = World::new().await;
    let others = announced(&world, 30).await;
    let worker =
        start(&world, lasting(|attempt| if attempt.task().crashes > 0 { 20 * SECOND } else { SECOND }));
    world.until(others[0], |task| task.state == TaskState::Running).await;
    let suspect = suspect(&world).await;
    world.until(suspect, |task| task.state == TaskState::Running).await;
    let waiting = states(&world, &others, TaskState::Ready).await;
    for _ in 0..18 {
        assert_eq!(states(&world, &others, TaskState::Running).await, 0);
        sleep(SECOND).await;
    }
    assert!(waiting > 0, "the suspect came too late");
    assert_eq!(states(&world, &others, TaskState::Ready).await, waiting);
    assert_eq!(world.find_task(suspect).await.state, TaskState::Running);
    for id in others.iter().chain([&suspect]) {
        world.until(*id, |task| task.state == TaskState::Succeeded).await;
    }
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_beside_one_that_takes_workers_down_is_counted_once_at_most() {
    let world = World::new().await;
    let mut good = announced(&world, 1).await;
    let bad = announced(&world, 1).await[0];
    good.extend(announced(&world, 30).await);
    let gone = Arc::new(Notify::new());
    let leave = Arc::clone(&gone);
    let registry = Scripted::new(move |attempt| {
        let leave = (attempt.task().id == bad).then(|| Arc::clone(&leave));
        async move {
            tokio::time::sleep(SECOND / 2).await;
            if let Some(leave) = leave {
                leave.notify_one();
                return pending().await;
            }
            tokio::time::sleep(SECOND / 2).await;
            Ok(Box::new(NoEffect) as Box<dyn Effect>)
        }
    });
    let mut process = JoinSet::new();
    for _ in 0..4 {
        let registry = Arc::new(registry.clone());
        let worker = Worker::with_registry(world.ports.clone(), WorkerSettings::default(), registry);
        process.spawn(worker.run(CancellationToken::new()));
        tokio::select! {
            () = gone.notified() => process.shutdown().await,
            task = world.until(bad, |task| task.state == TaskState::Dead) => assert_eq!(task.crashes, 3),
        }
    }
    let mut crashes = 0;
    for id in good {
        crashes += world.until(id, |task| task.state == TaskState::Succeeded).await.crashes;
    }
    assert_eq!(crashes, 2, "one each for those that ran beside it when nobody knew it");
    process.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn suspects_get_their_turn_in_a_steady_stream_of_tasks() {
    let world = World::new().await;
    let mut suspects = Vec::new();
    for _ in 0..5 {
        suspects.push(suspect(&world).await);
    }
    let stream = announced(&world, 300).await;
    let settings = WorkerSettings { poll_interval: 10 * SECOND, ..WorkerSettings::default() };
    let worker = start_with(&world, settings, lasting(|_| SECOND));
    for id in suspects {
        world.until(id, |task| task.state == TaskState::Succeeded).await;
    }
    let done = states(&world, &stream, TaskState::Succeeded).await;
    assert!((5..15).contains(&done), "{done} others were done meanwhile");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_suspect_waits_for_a_long_task_without_keeping_others_for_long() {
    let world = World::new().await;
    let long = announced(&world, 1).await[0];
    let worker =
        start(&world, lasting(move |attempt| if attempt.task().id == long { 200 * SECOND } else { SECOND }));
    world.until(long, |task| task.state == TaskState::Running).await;
    let suspect = suspect(&world).await;
    let mut longest = Duration::ZERO;
    let started = Instant::now();
    while started.elapsed() < 190 * SECOND {
        let since = Instant::now();
        let quick = announced(&world, 1).await[0];
        world.until(quick, |task| task.state == TaskState::Succeeded).await;
        longest = longest.max(since.elapsed());
    }
    assert!((10 * SECOND..35 * SECOND).contains(&longest), "a quick task took {longest:?}");
    let waiting = world.find_task(suspect).await;
    assert_eq!((waiting.state, waiting.token), (TaskState::Ready, 1));
    world.until(suspect, |task| task.state == TaskState::Succeeded).await;
    assert_eq!(world.find_task(long).await.state, TaskState::Succeeded);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn shutting_down_does_not_wait_for_a_suspects_turn_and_burns_no_attempt() {
    let world = World::new().await;
    let long = announced(&world, 1).await[0];
    let settings = WorkerSettings { drain: SECOND, ..WorkerSettings::default() };
    let registry = Arc::new(Scripted::new(|_| pending()));
    let worker = Worker::with_registry(world.ports.clone(), settings, registry);
    let context = Arc::clone(&worker.context);
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(&tracker, shutdown.clone());
    world.until(long, |task| task.state == TaskState::Running).await;
    let suspect = suspect(&world).await;
    let closed = async {
        while context.isolation.is_open() {
            sleep(SECOND / 10).await;
        }
    };
    timeout(HOUR, closed).await.unwrap();
    let kept = announced(&world, 1).await[0];

    let asked = Instant::now();
    shutdown.cancel();
    tracker.close();
    tracker.wait().await;

    assert!(asked.elapsed() < 2 * SECOND, "took {:?}", asked.elapsed());
    for (id, attempt) in [(suspect, 1), (kept, 0)] {
        let task = world.find_task(id).await;
        assert_eq!((task.state, task.attempt), (TaskState::Ready, attempt));
    }
    let long = world.find_task(long).await;
    assert_eq!((long.state, long.attempt), (TaskState::Scheduled, 0));
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_is_given_back_burns_no_attempt() {
    let world = World::new().await;
    let suspect = suspect(&world).await;
    let worker = start(&world, Scripted::new(|_| pending()));
    world.until(suspect, |task| task.state == TaskState::Running).await;
    worker.stop().await;
    let task = world.find_task(suspect).await;
    assert_eq!((task.state, task.attempt, task.crashes), (TaskState::Scheduled, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_slots_wait_for_a_suspect_to_end_is_not_stuck() {
    let world = World::new().await;
    let suspect = suspect(&world).await;
    let worker = Worker::with_registry(
        world.ports.clone(),
        WorkerSettings::default(),
        Arc::new(lasting(|_| 250 * SECOND)),
    );
    let pulse = worker.pulse();
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(&tracker, shutdown.clone());
    tracker.close();
    world.until(suspect, |task| task.state == TaskState::Running).await;
    announced(&world, 3).await;
    let running = async {
        while world.find_task(suspect).await.state == TaskState::Running {
            assert!(!pulse.is_stuck());
            sleep(SECOND).await;
        }
    };
    timeout(HOUR, running).await.unwrap();
    shutdown.cancel();
    tracker.wait().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_workers_the_one_that_is_free_takes_a_suspect() {
    let world = World::new().await;
    let long = announced(&world, 1).await[0];
    let busy = start(&world, Scripted::new(|_| pending()));
    world.until(long, |task| task.state == TaskState::Running).await;
    let suspect = suspect(&world).await;
    let free = start(&world, lasting(|_| SECOND));
    let started = Instant::now();
    world.until(suspect, |task| task.state == TaskState::Succeeded).await;
    assert!(started.elapsed() < 10 * SECOND, "took {:?}", started.elapsed());
    free.stop().await;
    busy.stop().await;
}
