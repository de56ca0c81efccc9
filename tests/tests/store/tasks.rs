//! Tasks. Time is the database's: a lease of a negative length has expired, a delay of one has passed.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::repository::{ClaimRequest, Lease, Result};
use plaza_domain::{AttemptEnd, AttemptOutcome, NewTask, Priority, Store, Task, TaskId, TaskState};

use super::{
    Outcome,
    builders::{claim, given_task, id, task},
    fixture::race,
};

pub(super) const LEASE: i64 = 60;
const NOW: TimeDelta = TimeDelta::seconds(-1);
const LATER: TimeDelta = TimeDelta::hours(1);

async fn claimed(store: &Arc<dyn Store>, id: TaskId, by: ClaimRequest) -> Result<Option<Task>> {
    let mut work = store.begin().await?;
    let task = work.tasks().claim(id, by).await?;
    work.commit().await?;
    Ok(task)
}

pub(super) async fn running(store: &Arc<dyn Store>, lease_seconds: i64) -> std::result::Result<Task, String> {
    let task = given_task(store, "media").await.map_err(|error| error.to_string())?;
    let claimed = claimed(store, task.id, claim(lease_seconds)).await.map_err(|error| error.to_string())?;
    claimed.ok_or_else(|| "a ready task was not claimed".to_owned())
}

pub(super) async fn finished(store: &Arc<dyn Store>, task: &Task, outcome: &AttemptOutcome) -> Result<bool> {
    let mut work = store.begin().await?;
    let is_done = work.tasks().finish(task.id, task.token, outcome).await?;
    work.commit().await?;
    Ok(is_done)
}

pub(super) async fn reaped(
    store: &Arc<dyn Store>,
    max_crashes: i32,
    lease_seconds: i64,
) -> Result<Vec<Task>> {
    let mut work = store.begin().await?;
    let hopeless = work.tasks().reap(max_crashes, claim(lease_seconds), 10).await?;
    work.commit().await?;
    Ok(hopeless)
}

async fn promoted(store: &Arc<dyn Store>) -> Result<Vec<(TaskId, String)>> {
    let mut work = store.begin().await?;
    let promoted = work.tasks().promote(10).await?;
    work.commit().await?;
    Ok(promoted)
}

pub(super) async fn found(store: &Arc<dyn Store>, id: TaskId) -> std::result::Result<Task, String> {
    let mut read = store.read().await.map_err(|error| error.to_string())?;
    let task = read.tasks().find(id).await.map_err(|error| error.to_string())?;
    task.ok_or_else(|| "the task is gone".to_owned())
}

fn retry(delay: TimeDelta) -> AttemptOutcome {
    AttemptOutcome::Retry { error: "disk full".to_owned(), delay }
}

pub(crate) async fn a_new_task_is_ready(store: Arc<dyn Store>) -> Outcome {
    let new = given_task(&store, "media").await?;
    let task = found(&store, new.id).await?;
    assert_eq!((task.queue, task.kind, task.version), (new.queue, new.kind, new.version));
    assert_eq!(
        (task.payload, task.owner_id, task.max_attempts),
        (new.payload, new.owner_id, new.max_attempts)
    );
    assert_eq!((task.state, task.attempt, task.crashes), (TaskState::Ready, 0, 0));
    assert_eq!((task.lease_until, task.last_error, task.finished_at), (None, None, None));
    assert!(task.run_at <= task.created_at);
    assert_eq!(store.read().await?.tasks().find(TaskId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn of_twenty_claims_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let task = given_task(&store, "media").await?;
    let won = race(20, |_| {
        let store = Arc::clone(&store);
        async move { Ok(claimed(&store, task.id, claim(LEASE)).await?.is_some()) }
    });
    assert_eq!(won.await?, 1);
    let task = found(&store, task.id).await?;
    assert_eq!((task.state, task.attempt, task.token), (TaskState::Running, 1, 1));
    let lease = task.lease_until.map(|until| until - task.run_at);
    assert!(lease >= Some(TimeDelta::seconds(LEASE)), "the lease is {lease:?} long");
    Ok(())
}

pub(crate) async fn racing_workers_take_different_tasks(store: Arc<dyn Store>) -> Outcome {
    for _ in 0..8 {
        given_task(&store, "media").await?;
    }
    let taken = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let won = race(12, |_| {
        let (store, taken) = (Arc::clone(&store), Arc::clone(&taken));
        async move {
            let mut work = store.begin().await?;
            let task = work.tasks().claim_next("media", 1, claim(LEASE)).await?.pop();
            work.commit().await?;
            let Some(task) = task else { return Ok(false) };
            Ok(taken.lock().map_err(|_| "another worker failed")?.insert(task.id))
        }
    });
    assert_eq!(won.await?, 8);
    Ok(())
}

pub(crate) async fn the_most_urgent_task_of_a_queue_is_next_then_the_oldest(
    store: Arc<dyn Store>,
) -> Outcome {
    let mail = given_task(&store, "mail").await?;
    let first = given_task(&store, "media").await?;
    let second = given_task(&store, "media").await?;
    let urgent = NewTask { priority: Priority::HIGH, ..task("media") };
    let idle = NewTask { priority: Priority::LOW, ..task("media") };
    let mut work = store.begin().await?;
    work.tasks().insert(&idle).await?;
    work.tasks().insert(&urgent).await?;
    for expected in [Some(urgent.id), Some(first.id), Some(second.id), Some(idle.id), None] {
        let task = work.tasks().claim_next("media", 1, claim(LEASE)).await?.pop();
        assert_eq!(task.map(|task| task.id), expected);
    }
    assert_eq!(work.tasks().find(mail.id).await?.map(|task| task.state), Some(TaskState::Ready));
    Ok(())
}

pub(crate) async fn a_stale_token_is_refused(store: Arc<dyn Store>) -> Outcome {
    let first = running(&store, -1).await?;
    assert_eq!(reaped(&store, 3, LEASE).await?, []);
    assert!(!finished(&store, &first, &AttemptOutcome::DONE).await?, "after it was taken back");
    promoted(&store).await?;
    let second = claimed(&store, first.id, claim(LEASE)).await?.ok_or("it was not claimed again")?;
    assert!(second.token > first.token);
    assert!(!finished(&store, &first, &AttemptOutcome::DONE).await?, "while another runs it");
    let mut work = store.begin().await?;
    assert_eq!(work.tasks().extend(first.id, first.token, LATER).await?, Lease::Lost);
    assert_eq!(work.tasks().extend(second.id, second.token, LATER).await?, Lease::Held);
    work.commit().await?;
    let task = found(&store, second.id).await?;
    assert_eq!(task.state, TaskState::Running);
    assert!(task.lease_until > second.lease_until);
    assert!(finished(&store, &second, &AttemptOutcome::DONE).await?);
    Ok(())
}

pub(crate) async fn a_finished_task_is_not_claimed_again(store: Arc<dyn Store>) -> Outcome {
    let failure = AttemptOutcome::Dead { error: "no such file".to_owned() };
    let cases = [
        (AttemptOutcome::DONE, TaskState::Succeeded, None),
        (failure, TaskState::Dead, Some("no such file".to_owned())),
        (AttemptOutcome::Cancelled, TaskState::Cancelled, None),
    ];
    for (outcome, state, error) in cases {
        let task = running(&store, LEASE).await?;
        assert!(finished(&store, &task, &outcome).await?);
        assert!(!finished(&store, &task, &outcome).await?, "twice");
        assert_eq!(claimed(&store, task.id, claim(LEASE)).await?, None);
        let task = found(&store, task.id).await?;
        assert_eq!((task.state, task.lease_until, task.last_error), (state, None, error));
        assert!(task.finished_at >= Some(task.created_at));
    }
    Ok(())
}

pub(crate) async fn a_retry_begins_again_when_its_time_has_come(store: Arc<dyn Store>) -> Outcome {
    let (soon, late) = (running(&store, LEASE).await?, running(&store, LEASE).await?);
    assert!(finished(&store, &soon, &retry(NOW)).await?);
    assert!(finished(&store, &late, &retry(LATER)).await?);
    assert_eq!(claimed(&store, soon.id, claim(LEASE)).await?, None, "it is scheduled, not ready");
    assert_eq!(promoted(&store).await?, [(soon.id, "media".to_owned())]);
    assert_eq!(promoted(&store).await?, []);
    let again = claimed(&store, soon.id, claim(LEASE)).await?.ok_or("it was not claimed again")?;
    assert_eq!((again.attempt, again.last_error.as_deref()), (2, Some("disk full")));
    assert_eq!(found(&store, late.id).await?.state, TaskState::Scheduled);
    Ok(())
}

pub(crate) async fn a_retry_without_attempts_left_is_dead(store: Arc<dyn Store>) -> Outcome {
    let mut last = running(&store, LEASE).await?;
    for _ in 1..last.max_attempts {
        assert!(finished(&store, &last, &retry(NOW)).await?);
        promoted(&store).await?;
        last = claimed(&store, last.id, claim(LEASE)).await?.ok_or("it was not claimed again")?;
    }
    assert!(finished(&store, &last, &retry(NOW)).await?);
    let task = found(&store, last.id).await?;
    assert_eq!((task.state, task.attempt, task.lease_until), (TaskState::Dead, 3, None));
    assert!(task.finished_at.is_some());
    Ok(())
}

pub(crate) async fn a_snooze_gives_the_attempt_back(store: Arc<dyn Store>) -> Outcome {
    let task = running(&store, LEASE).await?;
    let snooze = AttemptOutcome::Snooze { reason: "shutting down".to_owned(), delay: NOW };
    assert!(finished(&store, &task, &snooze).await?);
    let snoozed = found(&store, task.id).await?;
    assert_eq!((snoozed.state, snoozed.attempt, snoozed.lease_until), (TaskState::Scheduled, 0, None));
    promoted(&store).await?;
    let again = claimed(&store, task.id, claim(LEASE)).await?.ok_or("it was not claimed again")?;
    assert_eq!(again.attempt, 1);
    assert!(again.token > task.token);
    Ok(())
}

pub(crate) async fn a_crashed_task_is_scheduled_again(store: Arc<dyn Store>) -> Outcome {
    let (lost, alive) = (running(&store, -1).await?, running(&store, LEASE).await?);
    assert_eq!(reaped(&store, 3, LEASE).await?, []);
    let task = found(&store, lost.id).await?;
    assert_eq!((task.state, task.crashes, task.lease_until), (TaskState::Scheduled, 1, None));
    assert_eq!(found(&store, alive.id).await?, alive);
    assert_eq!(promoted(&store).await?, [(lost.id, "media".to_owned())]);
    Ok(())
}

pub(crate) async fn a_task_that_keeps_crashing_is_handed_to_be_buried(store: Arc<dyn Store>) -> Outcome {
    let patient = NewTask { max_attempts: 9, ..task("media") };
    let mut work = store.begin().await?;
    work.tasks().insert(&patient).await?;
    let mut lost = work.tasks().claim(patient.id, claim(-1)).await?.ok_or("it was not claimed")?;
    work.commit().await?;
    for crashes in 1..3 {
        assert_eq!(reaped(&store, 3, LEASE).await?, [], "after {crashes} crashes");
        promoted(&store).await?;
        lost = claimed(&store, lost.id, claim(-1)).await?.ok_or("it was not claimed again")?;
    }
    let hopeless = reaped(&store, 3, LEASE).await?;
    assert_eq!(hopeless.len(), 1);
    let corpse = &hopeless[0];
    assert_eq!((corpse.id, corpse.state, corpse.crashes), (lost.id, TaskState::Running, 3));
    assert!(corpse.token > lost.token);
    assert_eq!(reaped(&store, 3, LEASE).await?, [], "its new lease holds");
    let bury = AttemptOutcome::Dead { error: "it crashed three workers".to_owned() };
    assert!(!finished(&store, &lost, &bury).await?);
    assert!(finished(&store, corpse, &bury).await?);
    assert_eq!(found(&store, lost.id).await?.state, TaskState::Dead);
    let attempts = store.read().await?.tasks().attempts(lost.id, 10).await?;
    let ends: Vec<_> = attempts.iter().map(|attempt| attempt.end).collect();
    assert_eq!(ends, [Some(AttemptEnd::Crashed); 3], "who buries it has not tried");
    Ok(())
}

pub(crate) async fn a_task_that_crashes_in_its_last_attempt_is_handed_to_be_buried(
    store: Arc<dyn Store>,
) -> Outcome {
    let once = NewTask { max_attempts: 1, ..task("media") };
    let mut work = store.begin().await?;
    work.tasks().insert(&once).await?;
    work.tasks().claim(once.id, claim(-1)).await?;
    work.commit().await?;
    let hopeless = reaped(&store, 3, LEASE).await?;
    assert_eq!(hopeless.iter().map(|task| (task.id, task.crashes)).collect::<Vec<_>>(), [(once.id, 1)]);
    Ok(())
}

pub(crate) async fn a_task_that_nobody_took_is_found(store: Arc<dyn Store>) -> Outcome {
    let waiting = given_task(&store, "mail").await?;
    running(&store, LEASE).await?;
    let mut work = store.begin().await?;
    assert_eq!(work.tasks().untaken(NOW, 10).await?, [(waiting.id, "mail".to_owned())]);
    assert_eq!(work.tasks().untaken(LATER, 10).await?, []);
    work.tasks().insert(&task("mail")).await?;
    assert_eq!(work.tasks().untaken(NOW, 1).await?.len(), 1);
    Ok(())
}

fn keyed(key: &str) -> NewTask {
    NewTask { unique_key: Some(key.to_owned()), ..task("media") }
}

async fn inserted(store: &Arc<dyn Store>, task: &NewTask) -> Result<bool> {
    let mut work = store.begin().await?;
    let is_new = work.tasks().insert(task).await?;
    work.commit().await?;
    Ok(is_new)
}

pub(crate) async fn a_key_is_free_again_when_its_task_has_ended(store: Arc<dyn Store>) -> Outcome {
    let first = keyed("job:sweep");
    assert!(inserted(&store, &first).await?);
    let again = keyed("job:sweep");
    assert!(!inserted(&store, &again).await?, "while it waits");
    assert_eq!(store.read().await?.tasks().find(again.id).await?, None);
    let other = keyed("job:other");
    assert!(inserted(&store, &other).await?, "another key");
    let task = claimed(&store, first.id, claim(LEASE)).await?.ok_or("it was not claimed")?;
    assert!(!inserted(&store, &again).await?, "while it runs");
    assert!(finished(&store, &task, &retry(LATER)).await?);
    assert!(!inserted(&store, &again).await?, "while it waits for another attempt");
    let task = found(&store, other.id).await?;
    assert_eq!(task.unique_key, other.unique_key);
    let task = claimed(&store, task.id, claim(LEASE)).await?.ok_or("it was not claimed")?;
    assert!(finished(&store, &task, &AttemptOutcome::DONE).await?);
    assert!(inserted(&store, &keyed("job:other")).await?, "after its end");
    Ok(())
}

pub(crate) async fn a_transaction_goes_on_after_a_key_that_is_taken(store: Arc<dyn Store>) -> Outcome {
    assert!(inserted(&store, &keyed("job:sweep")).await?);
    let (again, unkeyed) = (keyed("job:sweep"), task("media"));
    let mut work = store.begin().await?;
    assert!(!work.tasks().insert(&again).await?);
    assert!(work.tasks().insert(&unkeyed).await?);
    work.commit().await?;
    assert_eq!(found(&store, unkeyed.id).await?.state, TaskState::Ready);
    Ok(())
}

pub(crate) async fn of_twenty_tasks_with_one_key_one_is_stored(store: Arc<dyn Store>) -> Outcome {
    let won = race(20, |_| {
        let store = Arc::clone(&store);
        async move { Ok(inserted(&store, &keyed("job:sweep")).await?) }
    });
    assert_eq!(won.await?, 1);
    Ok(())
}

pub(crate) async fn a_result_is_kept_with_success(store: Arc<dyn Store>) -> Outcome {
    let task = running(&store, LEASE).await?;
    let result = Some(serde_json::json!({ "pages": 3, "of": ["a", null] }));
    assert!(finished(&store, &task, &AttemptOutcome::Succeeded { result: result.clone() }).await?);
    let task = found(&store, task.id).await?;
    assert_eq!((task.state, task.result), (TaskState::Succeeded, result));
    Ok(())
}

pub(crate) async fn progress_is_the_runners_to_tell_and_begins_anew(store: Arc<dyn Store>) -> Outcome {
    let first = running(&store, LEASE).await?;
    let mut work = store.begin().await?;
    assert!(work.tasks().progress(first.id, first.token, 40).await?);
    assert!(!work.tasks().progress(first.id, first.token - 1, 90).await?, "with a stale token");
    work.commit().await?;
    assert_eq!(found(&store, first.id).await?.progress, Some(40));
    assert!(finished(&store, &first, &retry(NOW)).await?);
    promoted(&store).await?;
    let second = claimed(&store, first.id, claim(LEASE)).await?.ok_or("it was not claimed again")?;
    assert_eq!(second.progress, None);
    let mut work = store.begin().await?;
    assert!(!work.tasks().progress(first.id, first.token, 90).await?, "while another runs it");
    assert!(work.tasks().progress(second.id, second.token, 90).await?);
    work.commit().await?;
    assert!(finished(&store, &second, &AttemptOutcome::DONE).await?);
    assert_eq!(found(&store, second.id).await?.progress, Some(100), "whatever was told last");
    Ok(())
}

pub(crate) async fn a_worker_learns_that_its_task_was_called_off(store: Arc<dyn Store>) -> Outcome {
    let task = running(&store, LEASE).await?;
    let mut work = store.begin().await?;
    work.tasks().cancel(task.id).await?;
    assert_eq!(work.tasks().extend(task.id, task.token, LATER).await?, Lease::CancelRequested);
    work.commit().await?;
    assert!(found(&store, task.id).await?.lease_until > task.lease_until, "it is the worker's to end");
    assert!(finished(&store, &task, &AttemptOutcome::Cancelled).await?);
    assert_eq!(found(&store, task.id).await?.state, TaskState::Cancelled);
    let attempts = store.read().await?.tasks().attempts(task.id, 10).await?;
    assert_eq!(attempts.first().and_then(|attempt| attempt.end), Some(AttemptEnd::Cancelled));
    Ok(())
}
