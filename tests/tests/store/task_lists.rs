//! What can be asked about tasks, their attempts and their queues.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::repository::{Result, TaskFilter};
use plaza_domain::{AttemptEnd, AttemptOutcome, NewTask, Store, TaskId, TaskState};

use super::{
    Outcome,
    builders::{claim, given_task, given_user, id, task},
};

const HOUR: TimeDelta = TimeDelta::hours(1);
const NOW: TimeDelta = TimeDelta::seconds(-1);
const MANY: u64 = 1_000;

async fn given(store: &Arc<dyn Store>, task: &NewTask) -> Result<()> {
    let mut work = store.begin().await?;
    work.tasks().insert(task).await?;
    work.commit().await
}

async fn listed(
    store: &Arc<dyn Store>,
    filter: &TaskFilter,
    before: Option<TaskId>,
    limit: u64,
) -> Result<Vec<TaskId>> {
    let tasks = store.read().await?.tasks().list(filter, before, limit).await?;
    Ok(tasks.into_iter().map(|task| task.id).collect())
}

/// Makes an attempt at a task.
async fn attempted(store: &Arc<dyn Store>, id: TaskId, outcome: &AttemptOutcome) -> Result<()> {
    let mut work = store.begin().await?;
    if let Some(task) = work.tasks().claim(id, claim(60)).await? {
        work.tasks().finish(task.id, task.token, outcome).await?;
    }
    work.commit().await
}

fn retry(delay: TimeDelta) -> AttemptOutcome {
    AttemptOutcome::Retry { error: "disk full".to_owned(), delay }
}

pub(crate) async fn tasks_are_listed_newest_first_in_pages(store: Arc<dyn Store>) -> Outcome {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(given_task(&store, "media").await?.id);
    }
    ids.reverse();
    let all = TaskFilter::default();
    assert_eq!(listed(&store, &all, None, 10).await?, ids);
    assert_eq!(listed(&store, &all, None, 2).await?, ids[..2]);
    assert_eq!(listed(&store, &all, Some(ids[1]), 2).await?, ids[2..4]);
    assert_eq!(listed(&store, &all, Some(ids[4]), 2).await?, []);
    Ok(())
}

pub(crate) async fn listed_tasks_fit_everything_that_is_asked_for(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let mine = NewTask { owner_id: Some(ada.id), ..task("media") };
    let other_kind = NewTask { kind: "sweep".to_owned(), ..task("media") };
    let mail = task("mail");
    for task in [&mine, &other_kind, &mail] {
        given(&store, task).await?;
    }
    attempted(&store, mail.id, &AttemptOutcome::DONE).await?;
    let none = TaskFilter::default;
    let cases = [
        (TaskFilter { owner_id: Some(ada.id), ..none() }, vec![mine.id]),
        (TaskFilter { owner_id: Some(id().into()), ..none() }, vec![]),
        (TaskFilter { queue: Some("media".to_owned()), ..none() }, vec![other_kind.id, mine.id]),
        (TaskFilter { kind: Some("sweep".to_owned()), ..none() }, vec![other_kind.id]),
        (TaskFilter { state: Some(TaskState::Succeeded), ..none() }, vec![mail.id]),
        (TaskFilter { state: Some(TaskState::Ready), ..none() }, vec![other_kind.id, mine.id]),
        (
            TaskFilter {
                state: Some(TaskState::Ready),
                queue: Some("media".to_owned()),
                kind: Some(mine.kind.clone()),
                owner_id: Some(ada.id),
            },
            vec![mine.id],
        ),
        (TaskFilter { state: Some(TaskState::Dead), owner_id: Some(ada.id), ..none() }, vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(&store, &filter, None, 10).await?, expected, "{filter:?}");
    }
    Ok(())
}

pub(crate) async fn attempts_are_kept_with_how_they_went(store: Arc<dyn Store>) -> Outcome {
    let task = given_task(&store, "media").await?;
    let snooze = AttemptOutcome::Snooze { reason: "shutting down".to_owned(), delay: NOW };
    for outcome in [retry(NOW), snooze] {
        attempted(&store, task.id, &outcome).await?;
        let mut work = store.begin().await?;
        work.tasks().promote(10).await?;
        work.commit().await?;
    }
    let mut work = store.begin().await?;
    let by = claim(-1);
    work.tasks().claim(task.id, by).await?;
    work.tasks().reap(9, claim(60), 10).await?;
    work.tasks().promote(10).await?;
    work.tasks().claim(task.id, by).await?;
    work.commit().await?;

    let attempts = store.read().await?.tasks().attempts(task.id, 10).await?;
    let told: Vec<_> =
        attempts.iter().map(|attempt| (attempt.attempt, attempt.end, attempt.error.as_deref())).collect();
    assert_eq!(
        told,
        [
            (3, None, None),
            (2, Some(AttemptEnd::Crashed), None),
            (2, Some(AttemptEnd::Snooze), Some("shutting down")),
            (1, Some(AttemptEnd::Retry), Some("disk full")),
        ]
    );
    assert_eq!((attempts[0].worker_id, attempts[0].ended_at), (by.worker, None));
    assert!(attempts[1].ended_at >= Some(attempts[1].started_at));
    let latest = store.read().await?.tasks().attempts(task.id, 1).await?;
    assert_eq!(latest, attempts[..1]);
    assert_eq!(store.read().await?.tasks().attempts(TaskId::new(id()), 10).await?, []);
    Ok(())
}

pub(crate) async fn queues_tell_how_much_waits_and_how_attempts_went(store: Arc<dyn Store>) -> Outcome {
    let outcomes = [
        AttemptOutcome::DONE,
        AttemptOutcome::DONE,
        retry(HOUR),
        AttemptOutcome::Dead { error: "no such file".to_owned() },
        AttemptOutcome::Snooze { reason: "shutting down".to_owned(), delay: HOUR },
    ];
    for outcome in outcomes {
        let task = given_task(&store, "media").await?;
        attempted(&store, task.id, &outcome).await?;
    }
    let oldest = given_task(&store, "media").await?;
    given_task(&store, "media").await?;
    let running = given_task(&store, "mail").await?;
    let mut work = store.begin().await?;
    work.tasks().claim(running.id, claim(60)).await?;
    work.commit().await?;

    let mut read = store.read().await?;
    let survey = read.tasks().queue_stats(HOUR, MANY).await?;
    assert!(survey.is_complete);
    let [mail, media] = survey.queues.as_slice() else {
        return Err(format!("not two queues: {:?}", survey.queues).into());
    };
    assert_eq!((mail.queue.as_str(), mail.scheduled, mail.ready, mail.running), ("mail", 0, 0, 1));
    assert_eq!((mail.dead, mail.oldest_ready_at, mail.succeeded, mail.failed), (0, None, 0, 0));
    assert_eq!((media.queue.as_str(), media.scheduled, media.ready, media.running), ("media", 2, 2, 0));
    assert_eq!((media.dead, media.succeeded, media.failed), (1, 2, 2));
    let oldest = read.tasks().find(oldest.id).await?.ok_or("the oldest task is gone")?;
    assert_eq!(media.oldest_ready_at, Some(oldest.run_at));

    let of_late = read.tasks().queue_stats(NOW, MANY).await?;
    assert!(of_late.queues.iter().all(|queue| (queue.succeeded, queue.failed) == (0, 0)), "{of_late:?}");
    let cut = read.tasks().queue_stats(HOUR, 2).await?;
    assert!(!cut.is_complete);
    let media = cut.queues.iter().find(|queue| queue.queue == "media");
    assert_eq!(media.and_then(|media| media.oldest_ready_at), Some(oldest.run_at), "{cut:?}");
    Ok(())
}
