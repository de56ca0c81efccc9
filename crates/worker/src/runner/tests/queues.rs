//! Several queues, urgent tasks, and wake-ups that tell too much or too little.

use std::sync::{Mutex, atomic::AtomicUsize, atomic::Ordering};

use plaza_application::commands::{DEFAULT_QUEUE, MAIL_QUEUE, MEDIA_QUEUE};
use plaza_domain::{Priority, TaskId};

use super::*;
use crate::{NoEffect, QueueSettings};

/// Runs tasks one at a time, in an order that is noted.
fn noting(order: &Arc<Mutex<Vec<TaskId>>>) -> Scripted {
    let order = Arc::clone(order);
    Scripted::new(move |attempt| {
        order.lock().unwrap().push(attempt.task().id);
        async { Ok(Box::new(NoEffect) as Box<dyn Effect>) }
    })
}

fn settings(concurrency: usize, queues: &[(&str, usize, u32)]) -> WorkerSettings {
    let queues = queues.iter().map(|(name, concurrency, weight)| QueueSettings {
        name: (*name).to_owned(),
        concurrency: *concurrency,
        weight: *weight,
    });
    WorkerSettings { concurrency, queues: queues.collect(), ..WorkerSettings::default() }
}

async fn tasks(world: &World, queue: &str, count: usize) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(world.task(|task| task.queue = queue.to_owned()).await);
    }
    world.ports.queue.push(queue, &ids).await.unwrap();
    ids
}

async fn all_done(world: &World, ids: &[TaskId]) {
    for id in ids {
        world.until(*id, |task| task.state == TaskState::Succeeded).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_task_goes_first_whichever_was_announced() {
    let world = World::new().await;
    let low = world.task(|task| task.priority = Priority::LOW).await;
    let normal = world.task(|_| {}).await;
    let high = world.task(|task| task.priority = Priority::HIGH).await;
    world.ports.queue.push(MEDIA_QUEUE, &[low, normal, high]).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let worker = start_with(&world, settings(1, &[(MEDIA_QUEUE, 1, 1)]), noting(&order));
    all_done(&world, &[low, normal, high]).await;
    worker.stop().await;
    assert_eq!(*order.lock().unwrap(), [high, normal, low]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_queue_does_not_starve_a_light_one() {
    let world = World::new().await;
    let busy = tasks(&world, MEDIA_QUEUE, 50).await;
    let light = tasks(&world, MAIL_QUEUE, 3).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let queues = [(MEDIA_QUEUE, 1, 4), (MAIL_QUEUE, 1, 1)];
    let worker = start_with(&world, settings(1, &queues), noting(&order));
    all_done(&world, &busy).await;
    worker.stop().await;
    let order = order.lock().unwrap().clone();
    let places: Vec<_> = light.iter().filter_map(|id| order.iter().position(|other| other == id)).collect();
    assert!(places.len() == 3 && places[2] < 20, "done at {places:?}");
}

#[tokio::test(start_paused = true)]
async fn a_light_queue_whose_wake_ups_were_lost_is_not_starved_by_a_busy_one() {
    let world = World::new().await;
    let silent = world.task(|task| task.queue = MAIL_QUEUE.to_owned()).await;
    tasks(&world, MEDIA_QUEUE, 200).await;
    let registry = Scripted::new(|_| async {
        tokio::time::sleep(SECOND / 4).await;
        Ok(Box::new(NoEffect) as Box<dyn Effect>)
    });
    let started = Instant::now();
    let worker = start_with(&world, settings(1, &[(MEDIA_QUEUE, 1, 9), (MAIL_QUEUE, 1, 1)]), registry);
    world.until(silent, |task| task.state == TaskState::Succeeded).await;
    assert!(started.elapsed() < 10 * SECOND, "took {:?}", started.elapsed());
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_runs_no_more_than_its_share() {
    let world = World::new().await;
    let media = tasks(&world, MEDIA_QUEUE, 20).await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running_now, most_so_far) = (Arc::clone(&running), Arc::clone(&most));
    let registry = Scripted::new(move |attempt| {
        let (running, most) = (Arc::clone(&running_now), Arc::clone(&most_so_far));
        async move {
            if attempt.task().queue == MEDIA_QUEUE {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(SECOND).await;
                running.fetch_sub(1, Ordering::SeqCst);
            }
            Ok(Box::new(NoEffect) as Box<dyn Effect>)
        }
    });
    let queues = [(MEDIA_QUEUE, 2, 1), (DEFAULT_QUEUE, 4, 1)];
    let worker = start_with(&world, settings(4, &queues), registry);
    world.until(media[0], |task| task.state == TaskState::Running).await;
    let started = Instant::now();
    let quick = tasks(&world, DEFAULT_QUEUE, 4).await;
    all_done(&world, &quick).await;
    assert!(started.elapsed() <= SECOND, "the others waited {:?}", started.elapsed());
    all_done(&world, &media).await;
    assert!(started.elapsed() < 20 * SECOND, "took {:?}", started.elapsed());
    worker.stop().await;
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_queue_with_no_share_is_left_to_other_workers() {
    let world = World::new().await;
    let media = tasks(&world, MEDIA_QUEUE, 1).await;
    let worker = start_with(
        &world,
        settings(2, &[(MEDIA_QUEUE, 0, 1), (DEFAULT_QUEUE, 2, 1)]),
        noting(&Arc::default()),
    );
    let others = tasks(&world, DEFAULT_QUEUE, 3).await;
    all_done(&world, &others).await;
    sleep(30 * SECOND).await;
    assert_eq!(world.find_task(media[0]).await.state, TaskState::Ready);
    worker.stop().await;
}
