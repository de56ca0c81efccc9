//! The task queue.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use plaza_application::{
    in_process::LocalQueue,
    ports::{TaskQueue, WakeUp},
};
use plaza_domain::TaskId;
use plaza_infrastructure::redis::RedisQueue;
use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

use super::{Outcome, in_time, redis};

type Queue = Arc<dyn TaskQueue>;

/// Longer than the half second after which the Redis client gives up unless it is told not to.
const LONG_WAIT: Duration = Duration::from_secs(1);
const SHORT_WAIT: Duration = Duration::from_millis(20);

pub(crate) async fn in_process() -> Outcome<Queue> {
    Ok(Arc::new(LocalQueue::new()))
}

pub(crate) async fn on_redis() -> Outcome<Queue> {
    Ok(Arc::new(RedisQueue::new(redis::pool().await?)))
}

pub(super) fn ids(numbers: std::ops::Range<u128>) -> Vec<TaskId> {
    numbers.map(|number| TaskId::new(Uuid::from_u128(number))).collect()
}

pub(super) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn wake_up(queue: &str, task_id: TaskId) -> Option<WakeUp> {
    Some(WakeUp { queue: queue.to_owned(), task_ids: vec![task_id] })
}

pub(crate) async fn the_oldest_id_is_popped_first(queue: Queue) -> Outcome {
    let ids = ids(0..5);
    queue.push("media", &ids[..3]).await?;
    queue.push("media", &ids[3..]).await?;
    for id in ids {
        assert_eq!(queue.pop(&names(&["media"]), 1, LONG_WAIT).await?, wake_up("media", id));
    }
    Ok(())
}

pub(crate) async fn the_first_queue_that_has_an_id_is_popped(queue: Queue) -> Outcome {
    let ids = ids(0..3);
    queue.push("low", &ids[..1]).await?;
    queue.push("high", &ids[1..2]).await?;
    queue.push("other", &ids[2..]).await?;
    let names = names(&["high", "low"]);
    assert_eq!(queue.pop(&names, 1, LONG_WAIT).await?, wake_up("high", ids[1]));
    assert_eq!(queue.pop(&names, 1, LONG_WAIT).await?, wake_up("low", ids[0]));
    assert_eq!(queue.pop(&names, 1, SHORT_WAIT).await?, None);
    Ok(())
}

pub(crate) async fn a_pop_takes_as_many_ids_of_one_queue_as_it_may(queue: Queue) -> Outcome {
    let ids = ids(0..7);
    queue.push("media", &ids[..5]).await?;
    queue.push("mail", &ids[5..]).await?;
    let names = names(&["media", "mail"]);
    for (name, taken) in [("media", &ids[..3]), ("media", &ids[3..5]), ("mail", &ids[5..])] {
        let expected = WakeUp { queue: name.to_owned(), task_ids: taken.to_vec() };
        assert_eq!(queue.pop(&names, 3, LONG_WAIT).await?, Some(expected));
    }
    assert_eq!(queue.pop(&names, 3, SHORT_WAIT).await?, None);
    Ok(())
}

pub(crate) async fn a_pop_waits_for_a_push(queue: Queue) -> Outcome {
    let names = names(&["media"]);
    let mut waiting = Box::pin(queue.pop(&names, 1, Duration::from_secs(10)));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    let ids = ids(0..1);
    let (popped, pushed) = in_time(futures::future::join(waiting, queue.push("media", &ids))).await?;
    pushed?;
    assert_eq!(popped?, wake_up("media", ids[0]));
    Ok(())
}

pub(crate) async fn a_pop_of_nothing_ends_in_time(queue: Queue) -> Outcome {
    let names = names(&["media", "mail"]);
    for wait in [Duration::ZERO, SHORT_WAIT, LONG_WAIT] {
        let start = Instant::now();
        assert_eq!(in_time(queue.pop(&names, 1, wait)).await??, None);
        let taken = start.elapsed();
        assert!(taken >= wait && taken < wait + Duration::from_secs(5), "{wait:?} took {taken:?}");
    }
    Ok(())
}

pub(crate) async fn of_many_pushes_and_pops_no_id_is_lost_or_doubled(queue: Queue) -> Outcome {
    const COUNT: u128 = 400;
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let queue = Arc::clone(&queue);
        workers.spawn(async move {
            let mut popped = Vec::new();
            while let Some(wake_up) = queue.pop(&names(&["media"]), 1, LONG_WAIT).await? {
                popped.extend(wake_up.task_ids);
            }
            Outcome::Ok(popped)
        });
    }
    for first in (0..COUNT).step_by(5) {
        queue.push("media", &ids(first..first + 5)).await?;
    }
    let mut popped = Vec::new();
    while let Some(worker) = in_time(workers.join_next()).await? {
        popped.extend(worker??);
    }
    assert_eq!(popped.len(), ids(0..COUNT).len(), "an id was lost or doubled");
    assert_eq!(popped.into_iter().collect::<BTreeSet<_>>(), ids(0..COUNT).into_iter().collect());
    Ok(())
}
