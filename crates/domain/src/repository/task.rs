//! Background work. All times are taken from the database's clock, so that workers need not agree on theirs.

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::Value;

use super::Result;
use crate::{AttemptOutcome, NewTask, QueueSurvey, Task, TaskAttempt, TaskId, TaskState, UserId, WorkerId};

/// Who claims, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The worker.
    pub worker: WorkerId,
    /// How long it may be silent.
    pub lease: TimeDelta,
}

/// Which tasks are asked for: those that fit everything that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Where they are in their life.
    pub state: Option<TaskState>,
    /// Their queue.
    pub queue: Option<String>,
    /// Their command's kind.
    pub kind: Option<String>,
    /// Whom they are done for.
    pub owner_id: Option<UserId>,
}

/// How long tasks are kept after their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRetention {
    /// Those that succeeded or were called off.
    pub done: TimeDelta,
    /// Those that were given up.
    pub dead: TimeDelta,
}

/// An attempt that has succeeded, to be ended together with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// Its task.
    pub id: TaskId,
    /// Its fencing token.
    pub token: i64,
    /// What the task tells of it.
    pub result: Option<Value>,
}

/// Whether a task is still the worker's that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// It is.
    Held,
    /// It is, and somebody asked for the task's end.
    CancelRequested,
    /// The fencing token is stale: it is another's by now, or nobody's.
    Lost,
}

/// Stores tasks and their attempts.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TaskRepository: Send {
    /// Stores a new task; false, and nothing is stored, when a task with the same `unique_key` is waiting or running.
    async fn insert(&mut self, task: &NewTask) -> Result<bool>;

    /// The task with that id.
    async fn find(&mut self, id: TaskId) -> Result<Option<Task>>;

    /// Claims a `ready` task, in one conditional update that sets the lease and raises `attempt` and `token`, and notes
    /// the attempt. `None` when it is not `ready`: the wake-up was a duplicate.
    async fn claim(&mut self, id: TaskId, by: ClaimRequest) -> Result<Option<Task>>;

    /// Claims the most urgent `ready` tasks of a queue, and of those the ones that have waited longest, as
    /// [`claim`](Self::claim) does: at most `limit`, in that order. Suspects are passed over: tasks with which a worker
    /// has vanished. Fewer, when the queue has no others. They are to begin at once: should the worker vanish, each
    /// counts as crashed.
    async fn claim_next(&mut self, queue: &str, limit: u64, by: ClaimRequest) -> Result<Vec<Task>>;

    /// Whether any of the queues has a `ready` suspect.
    async fn has_suspect(&mut self, queues: &[String]) -> Result<bool>;

    /// Claims a suspect as [`claim_next`](Self::claim_next) claims other tasks, from whichever of the queues. `None` when
    /// they have none.
    async fn claim_suspect(&mut self, queues: &[String], by: ClaimRequest) -> Result<Option<Task>>;

    /// Prolongs the lease, and tells whether the task was asked to end; nothing is written when `token` is stale.
    async fn extend(&mut self, id: TaskId, token: i64, lease: TimeDelta) -> Result<Lease>;

    /// Notes how much of a running task is done, in percent; false when `token` is stale. A new attempt begins at none.
    async fn progress(&mut self, id: TaskId, token: i64, percent: u8) -> Result<bool>;

    /// Ends an attempt; false when `token` is stale, and then nothing is written. A `Retry` of a task that has no
    /// attempts left becomes `Dead`: callers decide that themselves, by [`Task::attempt`].
    async fn finish(&mut self, id: TaskId, token: i64, outcome: &AttemptOutcome) -> Result<bool>;

    /// Ends attempts that succeeded, each as [`finish`](Self::finish) does. Returns the ids and tokens of those that were
    /// ended: where the token was stale nothing is written.
    async fn finish_many(&mut self, done: &[Success]) -> Result<Vec<(TaskId, i64)>>;

    /// Takes back tasks whose lease has expired, at most `limit`: counts a crash, and makes them `scheduled` for at
    /// once. Those with `max_crashes` crashes or no attempts left stay `running` with a lease of `lease` for the
    /// caller, who must bury them (their owner must learn of it): they are returned, with the fencing token raised.
    async fn reap(&mut self, max_crashes: i32, by: ClaimRequest, limit: u64) -> Result<Vec<Task>>;

    /// Makes `scheduled` tasks whose time has come `ready`, at most `limit`, and returns them with their queues.
    async fn promote(&mut self, limit: u64) -> Result<Vec<(TaskId, String)>>;

    /// Tasks that have been `ready` for longer than `age`: their wake-up was lost. With their queues, at most `limit`.
    async fn untaken(&mut self, age: TimeDelta, limit: u64) -> Result<Vec<(TaskId, String)>>;

    /// Tasks that fit, the newest first: those that are older than `before`, where that is given.
    async fn list(&mut self, filter: &TaskFilter, before: Option<TaskId>, limit: u64) -> Result<Vec<Task>>;

    /// The attempts at a task, the latest first.
    async fn attempts(&mut self, id: TaskId, limit: u64) -> Result<Vec<TaskAttempt>>;

    /// How the queues are doing, with the attempts that ended no longer than `recent` ago. Of each state, and of those
    /// attempts, at most `limit` are counted.
    async fn queue_stats(&mut self, recent: TimeDelta, limit: u64) -> Result<QueueSurvey>;

    /// Calls a task off: one that waits is `cancelled`, and one that runs is asked to end. Returns it as it is then;
    /// `None`, and nothing is written, when it has ended.
    async fn cancel(&mut self, id: TaskId) -> Result<Option<Task>>;

    /// Gives a `dead` or `cancelled` task another chance: it is `ready`, and none of its attempts count. Returns it as
    /// it is then; `None`, and nothing is written, when it is in another state.
    ///
    /// # Errors
    /// `Conflict` when another task with the same `unique_key` is waiting or running.
    async fn retry(&mut self, id: TaskId) -> Result<Option<Task>>;

    /// Removes tasks that ended longer ago than they are kept, at most `limit` of each state, and their attempts.
    /// Returns how many there were.
    async fn purge(&mut self, kept: TaskRetention, limit: u64) -> Result<u64>;
}
