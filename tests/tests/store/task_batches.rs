//! Tasks, many at a time: claims and ends by one statement, which may be a transaction of its own.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use plaza_domain::repository::Success;
use plaza_domain::{AttemptEnd, AttemptOutcome, NewTask, Priority, Store, Task, TaskState};

use super::{
    Outcome,
    builders::{claim, given_task, task},
    fixture::race,
    tasks::{LEASE, finished, found, reaped, running},
};

pub(crate) async fn many_tasks_are_claimed_at_once_the_most_urgent_first(store: Arc<dyn Store>) -> Outcome {
    let (first, second) = (given_task(&store, "media").await?, given_task(&store, "media").await?);
    let urgent = NewTask { priority: Priority::HIGH, ..task("media") };
    let mut work = store.begin().await?;
    work.tasks().insert(&urgent).await?;
    work.tasks().insert(&task("mail")).await?;
    work.commit().await?;
    let by = claim(LEASE);
    let mut work = store.begin().await?;
    assert_eq!(work.tasks().claim_next("media", 0, by).await?, []);
    let two = work.tasks().claim_next("media", 2, by).await?;
    let rest = work.tasks().claim_next("media", 100, by).await?;
    work.commit().await?;
    let ids = |tasks: &[Task]| tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!((ids(&two), ids(&rest)), (vec![urgent.id, first.id], vec![second.id]));
    for task in two.iter().chain(&rest) {
        assert_eq!((task.state, task.attempt, task.token), (TaskState::Running, 1, 1));
        assert!(task.lease_until > Some(task.run_at));
        assert_eq!(found(&store, task.id).await?, *task);
        let attempts = store.read().await?.tasks().attempts(task.id, 10).await?;
        let begun: Vec<_> =
            attempts.iter().map(|begun| (begun.attempt, begun.worker_id, begun.ended_at)).collect();
        assert_eq!(begun, [(1, by.worker, None)]);
    }
    Ok(())
}

pub(crate) async fn workers_that_race_for_many_take_different_tasks(store: Arc<dyn Store>) -> Outcome {
    for _ in 0..40 {
        given_task(&store, "media").await?;
    }
    let taken = Arc::new(Mutex::new(Vec::new()));
    let done = race(8, |_| {
        let (store, taken) = (Arc::clone(&store), Arc::clone(&taken));
        async move {
            loop {
                let mut work = store.begin().await?;
                let tasks = work.tasks().claim_next("media", 3, claim(LEASE)).await?;
                work.commit().await?;
                if tasks.is_empty() {
                    return Ok(true);
                }
                let ids = tasks.into_iter().map(|task| task.id);
                taken.lock().map_err(|_| "another worker failed")?.extend(ids);
            }
        }
    });
    assert_eq!(done.await?, 8);
    let taken = taken.lock().map_err(|_| "a worker failed")?;
    let different: HashSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), different.len()), (40, 40));
    Ok(())
}

pub(crate) async fn many_attempts_end_together_but_those_whose_token_is_stale(
    store: Arc<dyn Store>,
) -> Outcome {
    let stale = running(&store, -1).await?;
    assert_eq!(reaped(&store, 3, LEASE).await?, []);
    let ended = running(&store, LEASE).await?;
    assert!(finished(&store, &ended, &AttemptOutcome::Cancelled).await?);
    let (one, two, bystander) =
        (running(&store, LEASE).await?, running(&store, LEASE).await?, running(&store, LEASE).await?);
    let success = |task: &Task, result| Success { id: task.id, token: task.token, result };
    let answer = serde_json::json!({ "note": "hello" });
    let done = [
        success(&stale, None),
        success(&one, Some(answer.clone())),
        success(&ended, None),
        Success { token: two.token - 1, ..success(&two, None) },
        success(&two, None),
        Success { token: bystander.token + 1, ..success(&bystander, None) },
    ];
    let mut written = store.finish_many(&done).await?;
    assert_eq!(store.finish_many(&[]).await?, []);
    assert_eq!(store.finish_many(&done).await?, [], "none ends twice");
    written.sort_unstable();
    let mut expected = [(one.id, one.token), (two.id, two.token)];
    expected.sort_unstable();
    assert_eq!(written, expected);
    for (task, result) in [(&one, Some(answer)), (&two, None)] {
        let found = found(&store, task.id).await?;
        assert_eq!((found.state, found.progress, found.result), (TaskState::Succeeded, Some(100), result));
        assert!(found.lease_until.is_none() && found.finished_at >= Some(found.created_at));
        let attempts = store.read().await?.tasks().attempts(task.id, 10).await?;
        let ends: Vec<_> = attempts.iter().map(|attempt| (attempt.end, attempt.ended_at.is_some())).collect();
        assert_eq!(ends, [(Some(AttemptEnd::Succeeded), true)]);
    }
    for (task, state) in
        [(&stale, TaskState::Scheduled), (&ended, TaskState::Cancelled), (&bystander, TaskState::Running)]
    {
        let found = found(&store, task.id).await?;
        assert_eq!((found.state, found.result), (state, None));
    }
    Ok(())
}
