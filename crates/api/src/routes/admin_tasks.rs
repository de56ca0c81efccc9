//! `/admin/tasks`: all background work, for the server's admins: looking at it, calling it off, another chance.

use plaza_application::{Operator, Page, Replayed, TaskDetails};
use plaza_domain::{Task, TaskAttempt, TaskId, UserId, repository::TaskFilter};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Tags,
    tasks::{AttemptOutcomeName, TaskStateName},
};
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// A task, with all that is known about it.
#[derive(Object, Serialize)]
pub(crate) struct AdminTaskView {
    /// Its id.
    id: Uuid,
    /// Its queue.
    queue: String,
    /// Its command's kind.
    kind: String,
    /// Its command's version.
    version: i32,
    /// Its command's data.
    payload: Value,
    /// Whom it is done for.
    #[oai(nullable)]
    owner_id: Option<Uuid>,
    /// Where it is in its life.
    state: TaskStateName,
    /// How urgent it is among those of its queue: the greatest goes first.
    priority: i16,
    /// Of the tasks with the same key, only one waits or runs at any time.
    #[oai(nullable)]
    unique_key: Option<String>,
    /// How often it was begun.
    attempt: i32,
    /// How often it may be begun.
    max_attempts: i32,
    /// How often its worker vanished.
    crashes: i32,
    /// How much of it is done, in percent, where that is known.
    #[oai(nullable)]
    progress: Option<u8>,
    /// What came of it, where there is more to tell than that it succeeded.
    #[oai(nullable)]
    result: Option<Value>,
    /// What went wrong last.
    #[oai(nullable)]
    last_error: Option<String>,
    /// Not before then.
    run_at: UtcTime,
    /// Until when its worker may be silent.
    #[oai(nullable)]
    lease_until: Option<UtcTime>,
    /// When somebody asked for its end while it ran.
    #[oai(nullable)]
    cancel_requested_at: Option<UtcTime>,
    /// When it was ordered.
    created_at: UtcTime,
    /// When it ended.
    #[oai(nullable)]
    finished_at: Option<UtcTime>,
}

impl From<Task> for AdminTaskView {
    fn from(task: Task) -> Self {
        Self {
            id: task.id.uuid(),
            queue: task.queue,
            kind: task.kind,
            version: task.version,
            payload: task.payload,
            owner_id: task.owner_id.map(UserId::uuid),
            state: task.state.into(),
            priority: task.priority.0,
            unique_key: task.unique_key,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            crashes: task.crashes,
            progress: task.progress,
            result: task.result,
            last_error: task.last_error,
            run_at: task.run_at.into(),
            lease_until: task.lease_until.map(UtcTime::from),
            cancel_requested_at: task.cancel_requested_at.map(UtcTime::from),
            created_at: task.created_at.into(),
            finished_at: task.finished_at.map(UtcTime::from),
        }
    }
}

/// One attempt at a task, with all that is known about it.
#[derive(Object, Serialize)]
pub(crate) struct AdminAttemptView {
    /// Which one, from 1 on; from 1 on again once the task was given another chance.
    attempt: i32,
    /// Whose it was.
    worker_id: Uuid,
    /// How it ended; null while it is under way.
    #[oai(nullable)]
    outcome: Option<AttemptOutcomeName>,
    /// What went wrong.
    #[oai(nullable)]
    error: Option<String>,
    /// When it began.
    started_at: UtcTime,
    /// When it ended.
    #[oai(nullable)]
    ended_at: Option<UtcTime>,
}

impl From<TaskAttempt> for AdminAttemptView {
    fn from(attempt: TaskAttempt) -> Self {
        Self {
            attempt: attempt.attempt,
            worker_id: attempt.worker_id.uuid(),
            outcome: attempt.end.map(AttemptOutcomeName::from),
            error: attempt.error,
            started_at: attempt.started_at.into(),
            ended_at: attempt.ended_at.map(UtcTime::from),
        }
    }
}

/// A task and the attempts at it.
#[derive(Object, Serialize)]
pub(crate) struct AdminTaskDetailsView {
    /// The task.
    task: AdminTaskView,
    /// The attempts at it, the latest first; at most 50.
    attempts: Vec<AdminAttemptView>,
}

impl From<TaskDetails> for AdminTaskDetailsView {
    fn from(TaskDetails { task, attempts }: TaskDetails) -> Self {
        Self { task: task.into(), attempts: attempts.into_iter().map(AdminAttemptView::from).collect() }
    }
}

/// A part of the list of tasks.
#[derive(Object, Serialize)]
pub(crate) struct AdminTaskList {
    /// The tasks, the newest first.
    items: Vec<AdminTaskView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Page<Task, TaskId>> for AdminTaskList {
    fn from(page: Page<Task, TaskId>) -> Self {
        Self {
            next_cursor: page.next.map(|id| cursor::encode(id.uuid())),
            items: page.items.into_iter().map(AdminTaskView::from).collect(),
        }
    }
}

/// What came of giving many tasks another chance.
#[derive(Object, Serialize)]
pub(crate) struct RetriedTasksView {
    /// How many are ready again.
    retried: u64,
    /// How many were left as they are: another task with the same key waits or runs.
    skipped: u64,
    /// Leads to those that were not looked at yet; null when there are none.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Replayed> for RetriedTasksView {
    fn from(Replayed { retried, skipped, next }: Replayed) -> Self {
        Self { retried, skipped, next_cursor: next.map(|id| cursor::encode(id.uuid())) }
    }
}

pub(crate) struct AdminTasksApi;

#[OpenApi(prefix_path = "/admin/tasks", tag = "Tags::Admin")]
impl AdminTasksApi {
    /// List tasks
    ///
    /// Those that fit everything that is given. The dead ones are what was given up, and waits to be looked at.
    #[oai(path = "/", method = "get", operation_id = "list_tasks")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the request")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Where they are in their life
        #[oai(name = "state")]
        in_state: Query<Option<TaskStateName>>,
        /// Their queue
        #[oai(validator(max_length = 64, pattern = r"^[^\x00]*$"))]
        queue: Query<Option<String>>,
        /// Their command's kind
        #[oai(validator(max_length = 64, pattern = r"^[^\x00]*$"))]
        kind: Query<Option<String>>,
        /// Whom they are done for
        owner_id: Query<Option<Uuid>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<AdminTaskList>, ApiError> {
        let filter = TaskFilter {
            state: in_state.0.map(Into::into),
            queue: queue.0,
            kind: kind.0,
            owner_id: owner_id.0.map(UserId::new),
        };
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        Ok(Json(state.services.tasks.list(Operator::User(&actor), &filter, request).await?.into()))
    }

    /// Show a task
    ///
    /// With what every attempt ran into.
    #[oai(path = "/:task_id", method = "get", operation_id = "inspect_task")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The task
        task_id: Path<Uuid>,
    ) -> Result<Json<AdminTaskDetailsView>, ApiError> {
        let details = state.services.tasks.inspect(Operator::User(&actor), task_id.0.into()).await?;
        Ok(Json(details.into()))
    }

    /// Give a task another chance
    ///
    /// One that is dead or was cancelled is ready again, and none of its attempts count. What it serves, such as a file,
    /// waits for it again.
    #[oai(path = "/:task_id/retry", method = "post", operation_id = "retry_task")]
    async fn retry(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The task
        task_id: Path<Uuid>,
    ) -> Result<Json<AdminTaskView>, ApiError> {
        Ok(Json(state.services.tasks.retry(Operator::User(&actor), task_id.0.into()).await?.into()))
    }

    /// Call a task off
    ///
    /// One that waits is cancelled at once, and what it serves, such as a file, has failed. One that runs is asked to
    /// end: `cancel_requested_at` is set, and its worker sees to the rest.
    #[oai(path = "/:task_id/cancel", method = "post", operation_id = "cancel_task")]
    async fn cancel(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The task
        task_id: Path<Uuid>,
    ) -> Result<Json<AdminTaskView>, ApiError> {
        Ok(Json(state.services.tasks.cancel(Operator::User(&actor), task_id.0.into()).await?.into()))
    }

    /// Give dead tasks another chance
    ///
    /// The newest first: those of a queue, of a kind, or all. At most `limit` of them are looked at; repeat the request
    /// with `next_cursor` for the rest.
    #[oai(path = "/retry", method = "post", operation_id = "retry_dead_tasks")]
    async fn retry_dead(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Their queue
        #[oai(validator(max_length = 64, pattern = r"^[^\x00]*$"))]
        queue: Query<Option<String>>,
        /// Their command's kind
        #[oai(validator(max_length = 64, pattern = r"^[^\x00]*$"))]
        kind: Query<Option<String>>,
        /// The most tasks, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<RetriedTasksView>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let by = Operator::User(&actor);
        Ok(Json(state.services.tasks.retry_dead(by, queue.0, kind.0, request).await?.into()))
    }
}
