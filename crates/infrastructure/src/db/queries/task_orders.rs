//! What is ordered about tasks from outside: calling off, another chance, removal.

use chrono::TimeDelta;
use plaza_domain::{TaskId, TaskState};
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Func, Keyword, Query, UpdateStatement};
use sea_orm::{DbBackend, Iterable};

use super::tasks::{is, one_of, word};
use crate::db::clock;
use crate::db::entity::task::{Column, Entity};

/// Calls a task off, or asks its worker to end it.
pub fn cancel(backend: DbBackend, id: TaskId) -> UpdateStatement {
    let when_running =
        |then: Expr, otherwise: Expr| Expr::case(is(TaskState::Running), then).finally(otherwise);
    let requested = Func::coalesce([Expr::col(Column::CancelRequestedAt), clock::now(backend)]);
    let is_open = [TaskState::Scheduled, TaskState::Ready, TaskState::Running].map(word);
    Query::update()
        .table(Entity)
        .value(Column::State, when_running(word(TaskState::Running), word(TaskState::Cancelled)))
        .value(Column::FinishedAt, when_running(null(), clock::now(backend)))
        .value(Column::CancelRequestedAt, when_running(requested.into(), null()))
        .and_where(Expr::col(Column::Id).eq(id.uuid()))
        .and_where(Expr::col(Column::State).is_in(is_open))
        .returning(Query::returning().columns(Column::iter()))
        .take()
}

/// Makes a task ready that was given up or called off.
pub fn retry(backend: DbBackend, id: TaskId) -> UpdateStatement {
    let has_failed = [TaskState::Dead, TaskState::Cancelled].map(word);
    Query::update()
        .table(Entity)
        .value(Column::State, word(TaskState::Ready))
        .value(Column::Attempt, 0)
        .value(Column::Crashes, 0)
        .value(Column::RunAt, clock::now(backend))
        .value(Column::Progress, null())
        .value(Column::CancelRequestedAt, null())
        .value(Column::FinishedAt, null())
        .and_where(Expr::col(Column::Id).eq(id.uuid()))
        .and_where(Expr::col(Column::State).is_in(has_failed))
        .returning(Query::returning().columns(Column::iter()))
        .take()
}

/// Removes tasks that ended in that state longer ago than that, those first that ended first.
pub fn purge(backend: DbBackend, state: TaskState, age: TimeDelta, limit: u64) -> DeleteStatement {
    let is_old = is(state).and(Expr::col(Column::FinishedAt).lt(clock::after(backend, -age)));
    Query::delete().from_table(Entity).and_where(one_of(backend, is_old, Column::FinishedAt, limit)).take()
}

fn null() -> Expr {
    Expr::Keyword(Keyword::Null)
}
