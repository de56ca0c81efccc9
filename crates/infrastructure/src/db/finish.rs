//! How an attempt at a task ends: the statements behind `TaskRepository::finish` and `reap`.

use plaza_domain::{AttemptOutcome, Task, TaskId, TaskState};
use sea_orm::sea_query::{Expr, ExprTrait, Keyword, Query, UpdateStatement};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait};

use super::clock;
use super::entity::task::Column;
use super::entity::task_attempt as attempt;
use super::queries::tasks::{held, word};

/// What an attempt's outcome is called when its worker vanished.
const CRASHED: &str = "crashed";

/// Ends a running task's attempt; returns its new state, or no row when `token` is stale.
pub(super) fn task(backend: DbBackend, id: TaskId, token: i64, outcome: &AttemptOutcome) -> UpdateStatement {
    let mut update = held(id, token);
    update
        .value(Column::LeaseUntil, null())
        .value(Column::WorkerId, null())
        .returning(Query::returning().columns([Column::State]));
    match outcome {
        AttemptOutcome::Succeeded { result } => {
            update.value(Column::Result, result.clone());
            update.value(Column::Progress, 100_i16);
            update.value(Column::State, word(TaskState::Succeeded));
            update.value(Column::FinishedAt, clock::now(backend));
        }
        AttemptOutcome::Retry { error, delay } => {
            let spent = Expr::col(Column::Attempt).gte(Expr::col(Column::MaxAttempts));
            let either = |then: Expr, otherwise: Expr| Expr::case(spent.clone(), then).finally(otherwise);
            update.value(Column::State, either(word(TaskState::Dead), word(TaskState::Scheduled)));
            update.value(Column::FinishedAt, either(clock::now(backend), null()));
            update.value(Column::RunAt, clock::after(backend, *delay));
            update.value(Column::LastError, error.as_str());
        }
        AttemptOutcome::Snooze { reason, delay } => {
            update.value(Column::LastError, reason.as_str());
            update.value(Column::State, word(TaskState::Scheduled));
            update.value(Column::RunAt, clock::after(backend, *delay));
            update.value(Column::Attempt, Expr::col(Column::Attempt).sub(1));
        }
        AttemptOutcome::Dead { error } => {
            update.value(Column::State, word(TaskState::Dead));
            update.value(Column::FinishedAt, clock::now(backend));
            update.value(Column::LastError, error.as_str());
        }
        AttemptOutcome::Cancelled => {
            update.value(Column::State, word(TaskState::Cancelled));
            update.value(Column::FinishedAt, clock::now(backend));
        }
    }
    update
}

/// Notes how the attempt went. A retry of a task that had no attempts left is the end of it.
pub(super) fn attempt(
    backend: DbBackend,
    id: TaskId,
    token: i64,
    outcome: &AttemptOutcome,
    is_dead: bool,
) -> UpdateStatement {
    let (word, error) = match outcome {
        AttemptOutcome::Succeeded { .. } => ("succeeded", None),
        AttemptOutcome::Retry { error, .. } if is_dead => ("dead", Some(error)),
        AttemptOutcome::Retry { error, .. } => ("retry", Some(error)),
        AttemptOutcome::Snooze { reason, .. } => ("snooze", Some(reason)),
        AttemptOutcome::Dead { error } => ("dead", Some(error)),
        AttemptOutcome::Cancelled => ("cancelled", None),
    };
    attempt::Entity::update_many()
        .col_expr(attempt::Column::EndedAt, clock::now(backend))
        .col_expr(attempt::Column::Outcome, word.into())
        .col_expr(attempt::Column::Error, error.cloned().into())
        .filter(attempt::Column::TaskId.eq(id.uuid()))
        .filter(attempt::Column::Token.eq(token))
        .into_query()
}

/// Notes that the workers of these tasks vanished.
pub(super) fn crashed(backend: DbBackend, tasks: &[Task]) -> UpdateStatement {
    attempt::Entity::update_many()
        .col_expr(attempt::Column::EndedAt, clock::now(backend))
        .col_expr(attempt::Column::Outcome, CRASHED.into())
        .filter(attempt::Column::TaskId.is_in(tasks.iter().map(|task| task.id.uuid())))
        .filter(attempt::Column::EndedAt.is_null())
        .into_query()
}

fn null() -> Expr {
    Expr::Keyword(Keyword::Null)
}
