//! `/tasks`: what became of background work, in words for those whom it is done for.

use plaza_application::TaskDetails;
use plaza_domain::{AttemptEnd, Task, TaskAttempt, TaskState};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "TaskState", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskStateName {
    /// Waits for its time.
    Scheduled,
    /// Waits for a worker.
    Ready,
    /// A worker is at it.
    Running,
    /// Done.
    Succeeded,
    /// Given up.
    Dead,
    /// Called off.
    Cancelled,
}

impl From<TaskState> for TaskStateName {
    fn from(state: TaskState) -> Self {
        match state {
            TaskState::Scheduled => Self::Scheduled,
            TaskState::Ready => Self::Ready,
            TaskState::Running => Self::Running,
            TaskState::Succeeded => Self::Succeeded,
            TaskState::Dead => Self::Dead,
            TaskState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<TaskStateName> for TaskState {
    fn from(name: TaskStateName) -> Self {
        match name {
            TaskStateName::Scheduled => Self::Scheduled,
            TaskStateName::Ready => Self::Ready,
            TaskStateName::Running => Self::Running,
            TaskStateName::Succeeded => Self::Succeeded,
            TaskStateName::Dead => Self::Dead,
            TaskStateName::Cancelled => Self::Cancelled,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "AttemptOutcome", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum AttemptOutcomeName {
    /// Done.
    Succeeded,
    /// Failed, to begin again.
    Retry,
    /// Put off, through no fault of the task.
    Snooze,
    /// Failed, and the task was given up.
    Dead,
    /// Its worker vanished.
    Crashed,
    /// Called off.
    Cancelled,
}

impl From<AttemptEnd> for AttemptOutcomeName {
    fn from(end: AttemptEnd) -> Self {
        match end {
            AttemptEnd::Succeeded => Self::Succeeded,
            AttemptEnd::Retry => Self::Retry,
            AttemptEnd::Snooze => Self::Snooze,
            AttemptEnd::Dead => Self::Dead,
            AttemptEnd::Crashed => Self::Crashed,
            AttemptEnd::Cancelled => Self::Cancelled,
        }
    }
}

/// One attempt at a task.
#[derive(Object, Serialize)]
pub(crate) struct AttemptView {
    /// Which one, from 1 on; from 1 on again once the task was given another chance.
    attempt: i32,
    /// How it ended; null while it is under way.
    #[oai(nullable)]
    outcome: Option<AttemptOutcomeName>,
    /// What that means.
    #[oai(nullable)]
    error: Option<String>,
    /// When it began.
    started_at: UtcTime,
    /// When it ended.
    #[oai(nullable)]
    ended_at: Option<UtcTime>,
}

impl From<TaskAttempt> for AttemptView {
    fn from(attempt: TaskAttempt) -> Self {
        Self {
            attempt: attempt.attempt,
            outcome: attempt.end.map(AttemptOutcomeName::from),
            error: attempt.end.and_then(meaning).map(str::to_owned),
            started_at: attempt.started_at.into(),
            ended_at: attempt.ended_at.map(UtcTime::from),
        }
    }
}

/// Background work that is done for a user.
#[derive(Object, Serialize)]
pub(crate) struct TaskView {
    /// Its id.
    id: Uuid,
    /// What is done.
    kind: String,
    /// Where it is in its life.
    state: TaskStateName,
    /// How much of it is done, in percent, where that is known.
    #[oai(nullable)]
    progress: Option<u8>,
    /// What came of it, where there is more to tell than that it succeeded.
    #[oai(nullable)]
    result: Option<Value>,
    /// Why it did not succeed; null while it may.
    #[oai(nullable)]
    error: Option<String>,
    /// How often it may be tried.
    max_attempts: i32,
    /// The attempts at it, the latest first; at most 50.
    attempts: Vec<AttemptView>,
    /// When it was ordered.
    created_at: UtcTime,
    /// When it ended.
    #[oai(nullable)]
    finished_at: Option<UtcTime>,
}

impl From<TaskDetails> for TaskView {
    fn from(TaskDetails { task, attempts }: TaskDetails) -> Self {
        Self {
            id: task.id.uuid(),
            error: reason(&task).map(str::to_owned),
            kind: task.kind,
            state: task.state.into(),
            progress: task.progress,
            result: task.result,
            max_attempts: task.max_attempts,
            attempts: attempts.into_iter().map(AttemptView::from).collect(),
            created_at: task.created_at.into(),
            finished_at: task.finished_at.map(UtcTime::from),
        }
    }
}

/// In words for users: what is kept of an error names what is inside the server.
fn meaning(end: AttemptEnd) -> Option<&'static str> {
    match end {
        AttemptEnd::Succeeded => None,
        AttemptEnd::Retry => Some("it failed, and is tried again"),
        AttemptEnd::Snooze => Some("it was put off"),
        AttemptEnd::Dead => Some("it failed, and was given up"),
        AttemptEnd::Crashed => Some("it broke off"),
        AttemptEnd::Cancelled => Some("it was called off"),
    }
}

fn reason(task: &Task) -> Option<&'static str> {
    match task.state {
        TaskState::Dead => Some("it failed too often, or in a way that no other attempt would have changed"),
        TaskState::Cancelled => Some("it was called off by who runs the server"),
        TaskState::Scheduled | TaskState::Ready | TaskState::Running | TaskState::Succeeded => None,
    }
}

pub(crate) struct TasksApi;

#[OpenApi(prefix_path = "/tasks", tag = "Tags::Tasks")]
impl TasksApi {
    /// Ask what became of a task
    ///
    /// For whom it is done, and for the server's admins. What succeeded or was called off is kept for 7 days, what was
    /// given up for 30.
    #[oai(path = "/:task_id", method = "get", operation_id = "get_task")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The task
        task_id: Path<Uuid>,
    ) -> Result<Json<TaskView>, ApiError> {
        Ok(Json(state.services.tasks.get(&actor, task_id.0.into()).await?.into()))
    }
}
