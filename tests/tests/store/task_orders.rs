//! What can be ordered about tasks from outside.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::repository::{Constraint, Result, TaskFilter, TaskRetention};
use plaza_domain::{AttemptOutcome, NewTask, Store, Task, TaskId, TaskState};

use super::{
    Outcome,
    builders::{claim, given_task, given_user, id, task},
    files::given_file,
    fixture::{assert_conflict, race},
};

const LATER: TimeDelta = TimeDelta::hours(1);
/// What ended before this has been kept too long already.
const NOT_AT_ALL: TimeDelta = TimeDelta::seconds(-1);

async fn cancelled(store: &Arc<dyn Store>, id: TaskId) -> Result<Option<Task>> {
    let mut work = store.begin().await?;
    let task = work.tasks().cancel(id).await?;
    work.commit().await?;
    Ok(task)
}

async fn retried(store: &Arc<dyn Store>, id: TaskId) -> Result<Option<Task>> {
    let mut work = store.begin().await?;
    let task = work.tasks().retry(id).await?;
    work.commit().await?;
    Ok(task)
}

async fn purged(store: &Arc<dyn Store>, done: TimeDelta, dead: TimeDelta, limit: u64) -> Result<u64> {
    let mut work = store.begin().await?;
    let purged = work.tasks().purge(TaskRetention { done, dead }, limit).await?;
    work.commit().await?;
    Ok(purged)
}

async fn claimed(store: &Arc<dyn Store>, id: TaskId) -> std::result::Result<Task, String> {
    let failed = |error: plaza_domain::RepositoryError| error.to_string();
    let mut work = store.begin().await.map_err(failed)?;
    let task = work.tasks().claim(id, claim(60)).await.map_err(failed)?;
    work.commit().await.map_err(failed)?;
    task.ok_or_else(|| "a ready task was not claimed".to_owned())
}

/// A task that ended in that way.
async fn ended(
    store: &Arc<dyn Store>,
    outcome: &AttemptOutcome,
) -> std::result::Result<Task, Box<dyn std::error::Error + Send + Sync>> {
    let task = given_task(store, "media").await?;
    let task = claimed(store, task.id).await?;
    let mut work = store.begin().await?;
    work.tasks().finish(task.id, task.token, outcome).await?;
    work.commit().await?;
    Ok(task)
}

fn dead() -> AttemptOutcome {
    AttemptOutcome::Dead { error: "no such file".to_owned() }
}

async fn remaining(store: &Arc<dyn Store>) -> Result<Vec<TaskId>> {
    let tasks = store.read().await?.tasks().list(&TaskFilter::default(), None, 100).await?;
    Ok(tasks.into_iter().map(|task| task.id).collect())
}

pub(crate) async fn a_waiting_task_is_called_off_at_once(store: Arc<dyn Store>) -> Outcome {
    let ready = given_task(&store, "media").await?;
    let scheduled =
        ended(&store, &AttemptOutcome::Retry { error: "disk full".to_owned(), delay: LATER }).await?;
    for id in [ready.id, scheduled.id] {
        let task = cancelled(&store, id).await?.ok_or("it was not called off")?;
        assert_eq!((task.id, task.state), (id, TaskState::Cancelled));
        assert_eq!((task.lease_until, task.cancel_requested_at), (None, None));
        assert!(task.finished_at >= Some(task.created_at));
        assert_eq!(store.read().await?.tasks().find(id).await?, Some(task));
        assert_eq!(cancelled(&store, id).await?, None, "twice");
        assert!(claimed(&store, id).await.is_err());
    }
    assert_eq!(cancelled(&store, TaskId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn a_running_task_is_asked_to_end(store: Arc<dyn Store>) -> Outcome {
    let task = given_task(&store, "media").await?;
    let running = claimed(&store, task.id).await?;
    let asked = cancelled(&store, task.id).await?.ok_or("it was not asked")?;
    assert_eq!((asked.state, asked.token), (TaskState::Running, running.token));
    assert_eq!((asked.lease_until, asked.finished_at), (running.lease_until, None));
    assert!(asked.cancel_requested_at >= Some(asked.created_at));
    let again = cancelled(&store, task.id).await?.ok_or("it was not asked again")?;
    assert_eq!(again.cancel_requested_at, asked.cancel_requested_at, "the first request counts");
    Ok(())
}

pub(crate) async fn a_task_that_has_ended_is_not_called_off(store: Arc<dyn Store>) -> Outcome {
    for outcome in [AttemptOutcome::DONE, dead()] {
        let task = ended(&store, &outcome).await?;
        assert_eq!(cancelled(&store, task.id).await?, None);
    }
    Ok(())
}

pub(crate) async fn of_a_claim_and_a_cancellation_both_tell_the_truth(store: Arc<dyn Store>) -> Outcome {
    for _ in 0..20 {
        let id = given_task(&store, "media").await?.id;
        let count = race(2, |number| {
            let store = Arc::clone(&store);
            async move {
                if number == 0 {
                    return Ok(claimed(&store, id).await.is_ok());
                }
                let task = cancelled(&store, id).await?.ok_or("it was not called off")?;
                Ok(task.state == TaskState::Cancelled)
            }
        });
        assert_eq!(count.await?, 1, "claimed and called off at once, or neither");
    }
    Ok(())
}

pub(crate) async fn what_failed_gets_another_chance(store: Arc<dyn Store>) -> Outcome {
    let failed = ended(&store, &dead()).await?;
    let called_off = given_task(&store, "media").await?;
    cancelled(&store, called_off.id).await?;
    for (id, error) in [(failed.id, Some("no such file".to_owned())), (called_off.id, None)] {
        let task = retried(&store, id).await?.ok_or("it was not given another chance")?;
        assert_eq!((task.id, task.state, task.attempt, task.crashes), (id, TaskState::Ready, 0, 0));
        assert_eq!(
            (task.finished_at, task.cancel_requested_at, task.last_error.clone()),
            (None, None, error)
        );
        assert_eq!(store.read().await?.tasks().find(id).await?, Some(task));
        assert_eq!(retried(&store, id).await?, None, "it is ready");
        let token = claimed(&store, id).await?.token;
        assert!(id != failed.id || token > failed.token, "a worker of before must stay out");
        assert_eq!(retried(&store, id).await?, None, "it is running");
    }
    let done = ended(&store, &AttemptOutcome::DONE).await?;
    assert_eq!(retried(&store, done.id).await?, None);
    assert_eq!(retried(&store, TaskId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn a_key_that_is_taken_stands_in_the_way_of_another_chance(
    store: Arc<dyn Store>,
) -> Outcome {
    let keyed = || NewTask { unique_key: Some("job:sweep".to_owned()), ..task("default") };
    let (first, second) = (keyed(), keyed());
    let mut work = store.begin().await?;
    work.tasks().insert(&first).await?;
    work.tasks().cancel(first.id).await?;
    work.tasks().insert(&second).await?;
    work.commit().await?;
    assert_conflict(retried(&store, first.id).await, Constraint::TaskUniqueKey)?;
    cancelled(&store, second.id).await?;
    assert!(retried(&store, first.id).await?.is_some());
    Ok(())
}

pub(crate) async fn tasks_are_removed_when_they_were_kept_long_enough(store: Arc<dyn Store>) -> Outcome {
    let waiting = given_task(&store, "media").await?.id;
    let running = claimed(&store, given_task(&store, "media").await?.id).await?.id;
    let failed = ended(&store, &dead()).await?.id;
    let done = ended(&store, &AttemptOutcome::DONE).await?.id;
    let called_off = given_task(&store, "media").await?.id;
    cancelled(&store, called_off).await?;

    assert_eq!(purged(&store, LATER, LATER, 10).await?, 0);
    assert_eq!(purged(&store, NOT_AT_ALL, LATER, 10).await?, 2);
    assert_eq!(remaining(&store).await?, [failed, running, waiting]);
    assert_eq!(store.read().await?.tasks().attempts(done, 10).await?, []);
    assert_eq!(purged(&store, LATER, NOT_AT_ALL, 10).await?, 1);
    assert_eq!(remaining(&store).await?, [running, waiting]);

    let (first, second) =
        (ended(&store, &AttemptOutcome::DONE).await?.id, ended(&store, &AttemptOutcome::DONE).await?.id);
    assert_eq!(purged(&store, NOT_AT_ALL, NOT_AT_ALL, 1).await?, 1);
    assert_eq!(remaining(&store).await?, [second, running, waiting], "{first} ended before");
    Ok(())
}

pub(crate) async fn a_file_outlives_its_task(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let file = given_file(&store, &ada).await?;
    cancelled(&store, file.task_id).await?;
    assert_eq!(purged(&store, NOT_AT_ALL, LATER, 10).await?, 1);
    let kept = store.read().await?.files().find(file.id).await?;
    assert_eq!(kept.map(|file| file.task_id), Some(file.task_id));
    Ok(())
}
