//! Tasks with which a worker has vanished: they are claimed apart from the others.

use std::sync::Arc;

use plaza_domain::repository::Result;
use plaza_domain::{NewTask, Priority, Store, TaskId, TaskState};

use super::{
    Outcome,
    builders::{claim, given_task, task},
    fixture::race,
};

const LEASE: i64 = 60;

fn queues(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Stores a task whose worker vanishes at once, and which is ready again.
async fn given_suspect(store: &Arc<dyn Store>, new: NewTask) -> Result<TaskId> {
    let mut work = store.begin().await?;
    work.tasks().insert(&new).await?;
    work.tasks().claim(new.id, claim(-1)).await?;
    work.tasks().reap(3, claim(LEASE), 10).await?;
    work.tasks().promote(10).await?;
    work.commit().await?;
    Ok(new.id)
}

async fn has_suspect(store: &Arc<dyn Store>, names: &[&str]) -> Result<bool> {
    store.read().await?.tasks().has_suspect(&queues(names)).await
}

pub(crate) async fn a_suspect_is_passed_over_by_who_claims_the_next_task(store: Arc<dyn Store>) -> Outcome {
    let suspect = given_suspect(&store, NewTask { priority: Priority::HIGH, ..task("media") }).await?;
    let other = given_task(&store, "media").await?;
    let mut work = store.begin().await?;
    for expected in [Some(other.id), None] {
        let task = work.tasks().claim_next("media", 1, claim(LEASE)).await?.pop();
        assert_eq!(task.map(|task| task.id), expected);
    }
    let suspect = work.tasks().find(suspect).await?.ok_or("it is gone")?;
    assert_eq!((suspect.state, suspect.crashes, suspect.attempt), (TaskState::Ready, 1, 1));
    Ok(())
}

pub(crate) async fn a_suspect_is_claimed_by_who_asks_for_one(store: Arc<dyn Store>) -> Outcome {
    given_task(&store, "media").await?;
    assert!(!has_suspect(&store, &["media"]).await?, "no worker has vanished with it");
    let id = given_suspect(&store, task("media")).await?;
    assert!(has_suspect(&store, &["mail", "media"]).await?);
    assert!(!has_suspect(&store, &["mail"]).await?, "it is in another queue");
    let mut work = store.begin().await?;
    assert_eq!(work.tasks().claim_suspect(&queues(&["mail"]), claim(LEASE)).await?, None);
    let claimed = work.tasks().claim_suspect(&queues(&["mail", "media"]), claim(LEASE)).await?;
    work.commit().await?;
    let claimed = claimed.ok_or("it was not claimed")?;
    assert_eq!((claimed.id, claimed.state, claimed.attempt), (id, TaskState::Running, 2));
    assert!(claimed.lease_until > Some(claimed.run_at));
    assert!(!has_suspect(&store, &["mail", "media"]).await?, "it runs");
    let attempts = store.read().await?.tasks().attempts(id, 10).await?;
    assert_eq!(attempts.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [2, 1]);
    Ok(())
}

pub(crate) async fn the_most_urgent_suspect_of_all_queues_is_next_then_the_oldest(
    store: Arc<dyn Store>,
) -> Outcome {
    let idle = given_suspect(&store, NewTask { priority: Priority::LOW, ..task("mail") }).await?;
    let first = given_suspect(&store, task("media")).await?;
    let second = given_suspect(&store, task("mail")).await?;
    let urgent = given_suspect(&store, NewTask { priority: Priority::HIGH, ..task("media") }).await?;
    let mut work = store.begin().await?;
    for expected in [Some(urgent), Some(first), Some(second), Some(idle), None] {
        let task = work.tasks().claim_suspect(&queues(&["mail", "media"]), claim(LEASE)).await?;
        assert_eq!(task.map(|task| task.id), expected);
    }
    Ok(())
}

pub(crate) async fn of_twenty_workers_one_claims_a_suspect(store: Arc<dyn Store>) -> Outcome {
    given_suspect(&store, task("media")).await?;
    let won = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let task = work.tasks().claim_suspect(&queues(&["media"]), claim(LEASE)).await?;
            work.commit().await?;
            Ok(task.is_some())
        }
    });
    assert_eq!(won.await?, 1);
    Ok(())
}

pub(crate) async fn a_suspect_that_gets_another_chance_is_a_task_like_others(
    store: Arc<dyn Store>,
) -> Outcome {
    let id = given_suspect(&store, task("media")).await?;
    let mut work = store.begin().await?;
    work.tasks().cancel(id).await?;
    work.tasks().retry(id).await?;
    assert_eq!(work.tasks().claim_suspect(&queues(&["media"]), claim(LEASE)).await?, None);
    let claimed = work.tasks().claim_next("media", 1, claim(LEASE)).await?.pop();
    assert_eq!(claimed.map(|task| (task.id, task.crashes)), Some((id, 0)));
    Ok(())
}
