//! Background work.

use std::cmp::Reverse;

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::{
    AttemptOutcome, NewTask, QueueSurvey, RepositoryError, Task, TaskAttempt, TaskId, TaskState, Timestamp,
    repository::{
        ClaimRequest, Constraint, Lease, Result, Success, TaskFilter, TaskRepository, TaskRetention,
    },
};

use super::{
    attempts,
    connection::{Access, Connection},
    survey,
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> TaskRepository for Connection<A> {
    async fn insert(&mut self, task: &NewTask) -> Result<bool> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        if task.unique_key.as_ref().is_some_and(|key| is_taken(tables, key)) {
            return Ok(false);
        }
        if let Some(owner_id) = &task.owner_id {
            tables.users.require(owner_id)?;
        }
        tables.tasks.insert_new(task.id, waiting(task.clone(), now), Constraint::Other)?;
        Ok(true)
    }

    async fn find(&mut self, id: TaskId) -> Result<Option<Task>> {
        Ok(self.tables().tasks.get(&id).cloned())
    }

    async fn claim(&mut self, id: TaskId, by: ClaimRequest) -> Result<Option<Task>> {
        let now = self.clock.now();
        let tasks = &mut self.tables_mut()?.tasks;
        let ready = tasks.get_mut(&id).filter(|task| task.state == TaskState::Ready);
        let Some(task) = ready else { return Ok(None) };
        task.state = TaskState::Running;
        task.attempt += 1;
        task.token += 1;
        task.lease_until = Some(now + by.lease);
        task.progress = None;
        let task = task.clone();
        attempts::begin(self.tables_mut()?, &task, by, now);
        Ok(Some(task))
    }

    async fn claim_next(&mut self, queue: &str, limit: u64, by: ClaimRequest) -> Result<Vec<Task>> {
        let mut claimed = Vec::new();
        let next = ready(self.tables_mut()?, |task| task.crashes == 0 && task.queue == queue);
        for id in next.into_iter().take(rows(limit)) {
            claimed.extend(self.claim(id, by).await?);
        }
        Ok(claimed)
    }

    async fn has_suspect(&mut self, queues: &[String]) -> Result<bool> {
        Ok(!ready(&self.tables(), |task| is_suspect(task, queues)).is_empty())
    }

    async fn claim_suspect(&mut self, queues: &[String], by: ClaimRequest) -> Result<Option<Task>> {
        let next = ready(self.tables_mut()?, |task| is_suspect(task, queues)).into_iter().next();
        match next {
            Some(id) => self.claim(id, by).await,
            None => Ok(None),
        }
    }

    async fn extend(&mut self, id: TaskId, token: i64, lease: TimeDelta) -> Result<Lease> {
        let until = self.clock.now() + lease;
        let Some(task) = held(self.tables_mut()?, id, token) else {
            return Ok(Lease::Lost);
        };
        task.lease_until = Some(until);
        Ok(if task.cancel_requested_at.is_some() { Lease::CancelRequested } else { Lease::Held })
    }

    async fn progress(&mut self, id: TaskId, token: i64, percent: u8) -> Result<bool> {
        let Some(task) = held(self.tables_mut()?, id, token) else {
            return Ok(false);
        };
        task.progress = Some(percent);
        Ok(true)
    }

    async fn finish(&mut self, id: TaskId, token: i64, outcome: &AttemptOutcome) -> Result<bool> {
        let now = self.clock.now();
        let Some(task) = held(self.tables_mut()?, id, token) else {
            return Ok(false);
        };
        end(task, outcome, now);
        let is_dead = task.state == TaskState::Dead;
        attempts::end(self.tables_mut()?, (id, token), outcome, is_dead, now);
        Ok(true)
    }

    async fn finish_many(&mut self, done: &[Success]) -> Result<Vec<(TaskId, i64)>> {
        let mut ended = Vec::with_capacity(done.len());
        for Success { id, token, result } in done {
            let outcome = AttemptOutcome::Succeeded { result: result.clone() };
            if self.finish(*id, *token, &outcome).await? {
                ended.push((*id, *token));
            }
        }
        Ok(ended)
    }

    async fn reap(&mut self, max_crashes: i32, by: ClaimRequest, limit: u64) -> Result<Vec<Task>> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        let is_lost = |task: &Task| {
            task.state == TaskState::Running && task.lease_until.is_some_and(|until| until <= now)
        };
        let lost = due(tables, is_lost, |task| task.lease_until);
        let mut hopeless = Vec::new();
        for id in lost.into_iter().take(rows(limit)) {
            attempts::crash(tables, id, now);
            let task = tables.tasks.change(&id, "task")?;
            task.crashes += 1;
            if task.crashes >= max_crashes || task.attempt >= task.max_attempts {
                task.token += 1;
                task.lease_until = Some(now + by.lease);
                hopeless.push(task.clone());
            } else {
                reschedule(task, now);
            }
        }
        Ok(hopeless)
    }

    async fn promote(&mut self, limit: u64) -> Result<Vec<(TaskId, String)>> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        let is_due = |task: &Task| task.state == TaskState::Scheduled && task.run_at <= now;
        let promoted = due(tables, is_due, |task| task.run_at).into_iter().take(rows(limit));
        let promote = |id| {
            let task = tables.tasks.change(&id, "task")?;
            task.state = TaskState::Ready;
            Ok((id, task.queue.clone()))
        };
        promoted.map(promote).collect()
    }

    async fn untaken(&mut self, age: TimeDelta, limit: u64) -> Result<Vec<(TaskId, String)>> {
        let since = self.clock.now() - age;
        let tables = self.tables();
        let is_old = |task: &Task| task.state == TaskState::Ready && task.run_at <= since;
        let ids = due(&tables, is_old, |task| task.run_at);
        let found = ids.iter().filter_map(|id| tables.tasks.get(id));
        Ok(found.map(|task| (task.id, task.queue.clone())).take(rows(limit)).collect())
    }

    async fn list(&mut self, filter: &TaskFilter, before: Option<TaskId>, limit: u64) -> Result<Vec<Task>> {
        let tables = self.tables();
        let newest_first = tables.tasks.values().rev();
        let fitting = newest_first
            .filter(|task| before.is_none_or(|before| task.id < before) && fits(task, filter))
            .take(rows(limit));
        Ok(fitting.cloned().collect())
    }

    async fn attempts(&mut self, id: TaskId, limit: u64) -> Result<Vec<TaskAttempt>> {
        let tables = self.tables();
        let of_task = tables.task_attempts.range((id, i64::MIN)..=(id, i64::MAX)).rev();
        Ok(of_task.map(|(_, attempt)| attempt.clone()).take(rows(limit)).collect())
    }

    async fn queue_stats(&mut self, recent: TimeDelta, limit: u64) -> Result<QueueSurvey> {
        let since = self.clock.now() - recent;
        Ok(survey::survey(&self.tables(), since, limit))
    }

    async fn cancel(&mut self, id: TaskId) -> Result<Option<Task>> {
        let now = self.clock.now();
        let open = self.tables_mut()?.tasks.get_mut(&id).filter(|task| task.state.is_open());
        let Some(task) = open else { return Ok(None) };
        if task.state == TaskState::Running {
            task.cancel_requested_at = task.cancel_requested_at.or(Some(now));
        } else {
            close(task, TaskState::Cancelled, now);
        }
        Ok(Some(task.clone()))
    }

    async fn retry(&mut self, id: TaskId) -> Result<Option<Task>> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        let has_failed = |task: &&Task| matches!(task.state, TaskState::Dead | TaskState::Cancelled);
        let Some(task) = tables.tasks.get(&id).filter(has_failed) else { return Ok(None) };
        if task.unique_key.as_ref().is_some_and(|key| is_taken(tables, key)) {
            return Err(RepositoryError::Conflict { constraint: Constraint::TaskUniqueKey });
        }
        let task = tables.tasks.change(&id, "task")?;
        (task.state, task.run_at) = (TaskState::Ready, now);
        (task.attempt, task.crashes) = (0, 0);
        (task.progress, task.cancel_requested_at, task.finished_at) = (None, None, None);
        Ok(Some(task.clone()))
    }

    async fn purge(&mut self, kept: TaskRetention, limit: u64) -> Result<u64> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        let ended = [
            (TaskState::Succeeded, kept.done),
            (TaskState::Cancelled, kept.done),
            (TaskState::Dead, kept.dead),
        ];
        let mut purged = 0;
        for (state, age) in ended {
            let is_old = |task: &Task| {
                task.state == state && task.finished_at.is_some_and(|finished_at| finished_at < now - age)
            };
            for id in due(tables, is_old, |task| task.finished_at).into_iter().take(rows(limit)) {
                tables.tasks.remove(&id);
                tables.task_attempts.retain(|(task_id, _), _| *task_id != id);
                purged += 1;
            }
        }
        Ok(purged)
    }
}

/// Whether a task with that key is waiting or running.
fn is_taken(tables: &Tables, key: &str) -> bool {
    tables.tasks.values().any(|task| task.state.is_open() && task.unique_key.as_deref() == Some(key))
}

fn fits(task: &Task, filter: &TaskFilter) -> bool {
    filter.state.is_none_or(|state| task.state == state)
        && filter.queue.as_ref().is_none_or(|queue| task.queue == *queue)
        && filter.kind.as_ref().is_none_or(|kind| task.kind == *kind)
        && filter.owner_id.is_none_or(|id| task.owner_id == Some(id))
}

fn waiting(task: NewTask, now: Timestamp) -> Task {
    Task {
        id: task.id,
        queue: task.queue,
        kind: task.kind,
        version: task.version,
        payload: task.payload,
        owner_id: task.owner_id,
        state: if task.run_at.is_some() { TaskState::Scheduled } else { TaskState::Ready },
        attempt: 0,
        max_attempts: task.max_attempts,
        crashes: 0,
        token: 0,
        run_at: task.run_at.unwrap_or(now),
        lease_until: None,
        last_error: None,
        priority: task.priority,
        unique_key: task.unique_key,
        progress: None,
        result: None,
        cancel_requested_at: None,
        created_at: now,
        finished_at: None,
    }
}

fn is_suspect(task: &Task, queues: &[String]) -> bool {
    task.crashes > 0 && queues.contains(&task.queue)
}

/// The ready tasks that `matches`, the most urgent first, and of those the one that has waited longest.
fn ready(tables: &Tables, matches: impl Fn(&Task) -> bool) -> Vec<TaskId> {
    let is_ready = |task: &Task| task.state == TaskState::Ready && matches(task);
    due(tables, is_ready, |task| (Reverse(task.priority), task.run_at))
}

/// The tasks that `matches`, the one with the smallest `time` first.
fn due<T: Ord>(tables: &Tables, matches: impl Fn(&Task) -> bool, time: impl Fn(&Task) -> T) -> Vec<TaskId> {
    let mut found: Vec<_> = tables.tasks.values().filter(|task| matches(task)).collect();
    found.sort_by_key(|task| (time(task), task.id));
    found.into_iter().map(|task| task.id).collect()
}

/// The task while the holder of `token` runs it.
fn held(tables: &mut Tables, id: TaskId, token: i64) -> Option<&mut Task> {
    let task = tables.tasks.get_mut(&id)?;
    (task.state == TaskState::Running && task.token == token).then_some(task)
}

fn end(task: &mut Task, outcome: &AttemptOutcome, now: Timestamp) {
    match outcome {
        AttemptOutcome::Succeeded { result } => {
            task.result = result.clone();
            task.progress = Some(100);
            close(task, TaskState::Succeeded, now);
        }
        AttemptOutcome::Cancelled => close(task, TaskState::Cancelled, now),
        AttemptOutcome::Retry { error, delay } => {
            task.last_error = Some(error.clone());
            if task.attempt < task.max_attempts {
                reschedule(task, now + *delay);
            } else {
                close(task, TaskState::Dead, now);
            }
        }
        AttemptOutcome::Snooze { reason, delay } => {
            task.last_error = Some(reason.clone());
            task.attempt -= 1;
            reschedule(task, now + *delay);
        }
        AttemptOutcome::Dead { error } => {
            task.last_error = Some(error.clone());
            close(task, TaskState::Dead, now);
        }
    }
}

fn reschedule(task: &mut Task, run_at: Timestamp) {
    task.state = TaskState::Scheduled;
    task.run_at = run_at;
    task.lease_until = None;
}

fn close(task: &mut Task, state: TaskState, now: Timestamp) {
    task.state = state;
    task.lease_until = None;
    task.finished_at = Some(now);
}
