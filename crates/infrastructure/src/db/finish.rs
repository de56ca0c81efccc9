//! How an attempt at a task ends: the statements behind `TaskRepository::finish`.

use plaza_domain::{AttemptEnd, AttemptOutcome, TaskId, TaskState};
use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Keyword, Query, UpdateStatement};

use super::clock;
use super::entity::task::Column;
use super::queries::task_ends::{Note, note_as};
use super::queries::tasks::{held, word};

/// Ends a running task's attempt; returns its new state, or no row when `token` is stale.
pub(super) fn task(backend: DbBackend, id: TaskId, token: i64, outcome: &AttemptOutcome) -> UpdateStatement {
    let mut update = held(id, token);
    update.value(Column::LeaseUntil, null()).returning(Query::returning().columns([Column::State]));
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

/// Notes how the attempt went, once its task is ended.
pub(super) fn attempt(
    backend: DbBackend,
    id: TaskId,
    outcome: &AttemptOutcome,
    is_dead: bool,
) -> InsertStatement {
    let (end, error) = outcome.end(is_dead);
    let mut note = Note { error: error.map(str::to_owned), ..Note::new(end) };
    if end == AttemptEnd::Snooze {
        // By then it does not count.
        note.number = note.number.add(1);
    }
    note_as(backend, &[id], note)
}

fn null() -> Expr {
    Expr::Keyword(Keyword::Null)
}
