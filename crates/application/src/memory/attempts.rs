//! What is kept of attempts at tasks.

use plaza_domain::{
    AttemptEnd, AttemptOutcome, Task, TaskAttempt, TaskId, Timestamp, repository::ClaimRequest,
};

use super::tables::Tables;

/// Notes that a worker has begun.
pub(super) fn begin(tables: &mut Tables, task: &Task, by: ClaimRequest, now: Timestamp) {
    let attempt = TaskAttempt {
        attempt: task.attempt,
        worker_id: by.worker,
        started_at: now,
        ended_at: None,
        end: None,
        error: None,
    };
    tables.task_attempts.insert((task.id, task.token), attempt);
}

/// Notes how an attempt went.
pub(super) fn end(
    tables: &mut Tables,
    key: (TaskId, i64),
    outcome: &AttemptOutcome,
    is_dead: bool,
    now: Timestamp,
) {
    let (end, error) = outcome.end(is_dead);
    if let Some(attempt) = tables.task_attempts.get_mut(&key) {
        (attempt.ended_at, attempt.end, attempt.error) = (Some(now), Some(end), error.map(str::to_owned));
    }
}

/// Notes that the worker of a task vanished.
pub(super) fn crash(tables: &mut Tables, id: TaskId, now: Timestamp) {
    let of_task = tables.task_attempts.range_mut((id, i64::MIN)..=(id, i64::MAX));
    for (_, attempt) in of_task.filter(|(_, attempt)| attempt.ended_at.is_none()) {
        (attempt.ended_at, attempt.end) = (Some(now), Some(AttemptEnd::Crashed));
    }
}
