//! The ends of many attempts at once, all of them successes. Lists of rows are filled up to a power of two, like lists of
//! keys.

use plaza_domain::repository::Success;
use plaza_domain::{TaskId, TaskState};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, IntoValueTuple, Keyword, Query, SelectStatement, TableRef,
    UpdateStatement,
};
use uuid::Uuid;

use super::tasks::word;
use crate::db::clock;
use crate::db::entity::task::{Column, Entity};
use crate::db::entity::task_attempt as attempt;

/// Names the list of those that have succeeded, and what both databases call its columns.
const DONE: &str = "done";
const ID: &str = "column1";
const TOKEN: &str = "column2";
const RESULT: &str = "column3";

/// Ends running tasks whose token is not stale, and returns the ids of those.
pub fn succeed(backend: DbBackend, successes: &[Success]) -> UpdateStatement {
    let mut rows: Vec<_> =
        successes.iter().map(|done| (done.id.uuid(), done.token, done.result.clone())).collect();
    // Locked in one order, as far as the database follows the list.
    rows.sort_unstable_by_key(|(id, _, _)| *id);
    Query::update()
        .table(Entity)
        .value(Column::State, word(TaskState::Succeeded))
        .value(Column::LeaseUntil, Expr::Keyword(Keyword::Null))
        .value(Column::WorkerId, Expr::Keyword(Keyword::Null))
        .value(Column::Progress, 100_i16)
        .value(Column::Result, done(RESULT))
        .value(Column::FinishedAt, clock::now(backend))
        .from(list(rows, (Uuid::nil(), 0, None)))
        .and_where(Expr::col((Entity, Column::Id)).eq(done(ID)))
        .and_where(Expr::col((Entity, Column::Token)).eq(done(TOKEN)))
        // That it runs: exactly then it has a lease. By its state, Postgres would go through all tasks that run.
        .and_where(Expr::col(Column::LeaseUntil).is_not_null())
        .returning(Query::returning().column(Column::Id))
        .take()
}

/// Notes that these attempts have succeeded.
pub fn note_successes(backend: DbBackend, attempts: &[(TaskId, i64)]) -> UpdateStatement {
    let rows = attempts.iter().map(|(id, token)| (id.uuid(), *token)).collect();
    Query::update()
        .table(attempt::Entity)
        .value(attempt::Column::EndedAt, clock::now(backend))
        .value(attempt::Column::Outcome, TaskState::Succeeded.as_str())
        .from(list(rows, (Uuid::nil(), 0)))
        .and_where(Expr::col((attempt::Entity, attempt::Column::TaskId)).eq(done(ID)))
        .and_where(Expr::col((attempt::Entity, attempt::Column::Token)).eq(done(TOKEN)))
        .take()
}

fn done(column: &'static str) -> Expr {
    Expr::col((Alias::new(DONE), Alias::new(column)))
}

/// There must be at least one row; no id is nil, so rows with a nil id fill up the list.
fn list<R: IntoValueTuple + Clone>(mut rows: Vec<R>, filler: R) -> TableRef {
    rows.resize(rows.len().next_power_of_two(), filler);
    let list: SelectStatement = Query::select().column(Asterisk).from_values(rows, Alias::new(DONE)).take();
    TableRef::SubQuery(list.into(), Alias::new(DONE).into())
}
