//! The ends of attempts. An attempt is noted when it ends, with what its task's row says of it: who began it, and when.
//! Lists of rows are filled up to a power of two, like lists of keys.

use plaza_domain::repository::Success;
use plaza_domain::{AttemptEnd, TaskId, TaskState};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, InsertStatement, IntoTableRef, IntoValueTuple,
    Keyword, OnConflict, Query, SelectStatement, TableRef, UpdateStatement, WithQuery,
};
use uuid::Uuid;

use super::padded;
use super::tasks::word;
use crate::db::clock;
use crate::db::entity::task::{Column, Entity};
use crate::db::entity::task_attempt as attempt;

/// Names the list of those that have succeeded, and what both databases call its columns.
const DONE: &str = "done";
const ID: &str = "column1";
const TOKEN: &str = "column2";
const RESULT: &str = "column3";
/// What the tasks are called that a statement has ended, and the attempts that it has noted.
const ENDED: &str = "ended";
const NOTED: &str = "noted";

/// How an attempt went, for those who look.
pub(crate) struct Note {
    pub(crate) end: Expr,
    pub(crate) error: Option<String>,
    /// The attempt's number, from the task's row.
    pub(crate) number: Expr,
}

impl Note {
    pub(crate) fn new(end: AttemptEnd) -> Self {
        Self { end: end_word(end), error: None, number: Expr::col(Column::Attempt) }
    }
}

/// Ends running tasks whose token is not stale, and returns what their rows say of the attempt.
pub fn succeed(backend: DbBackend, successes: &[Success]) -> UpdateStatement {
    let mut rows: Vec<_> =
        successes.iter().map(|done| (done.id.uuid(), done.token, done.result.clone())).collect();
    // Locked in one order, as far as the database follows the list.
    rows.sort_unstable_by_key(|(id, _, _)| *id);
    Query::update()
        .table(Entity)
        .value(Column::State, word(TaskState::Succeeded))
        .value(Column::LeaseUntil, Expr::Keyword(Keyword::Null))
        .value(Column::Progress, 100_i16)
        .value(Column::Result, done(RESULT))
        .value(Column::FinishedAt, clock::now(backend))
        .from(list(rows, (Uuid::nil(), 0, None)))
        .and_where(Expr::col((Entity, Column::Id)).eq(done(ID)))
        .and_where(Expr::col((Entity, Column::Token)).eq(done(TOKEN)))
        // That it runs: exactly then it has a lease. By its state, Postgres would go through all tasks that run.
        .and_where(Expr::col(Column::LeaseUntil).is_not_null())
        .returning(Query::returning().columns(OF_ATTEMPT))
        .take()
}

/// Does that and notes the attempts, in one statement; returns the ids and tokens. For Postgres.
pub fn succeed_and_note(backend: DbBackend, successes: &[Success]) -> WithQuery {
    let mut ended = CommonTableExpression::new();
    ended.table_name(Alias::new(ENDED)).query(succeed(backend, successes));
    let mut noted = CommonTableExpression::new();
    let note = Note::new(AttemptEnd::Succeeded);
    noted.table_name(Alias::new(NOTED)).query(insert(backend, Alias::new(ENDED), note, None));
    let told = Query::select().columns([Column::Id, Column::Token]).from(Alias::new(ENDED)).take();
    Query::with().cte(ended).cte(noted).to_owned().query(told)
}

/// Notes how the latest attempts at these tasks went. Where nobody has begun one, nothing is noted.
pub fn note(backend: DbBackend, ids: &[TaskId], end: AttemptEnd) -> InsertStatement {
    note_as(backend, ids, Note::new(end))
}

/// Notes that, as it is told.
pub(crate) fn note_as(backend: DbBackend, ids: &[TaskId], note: Note) -> InsertStatement {
    let among = Expr::col(Column::Id).is_in(padded(ids.iter().map(|id| id.uuid())));
    insert(backend, Entity, note, Some(among))
}

/// What a task's row says of its attempt.
const OF_ATTEMPT: [Column; 5] =
    [Column::Id, Column::Token, Column::Attempt, Column::WorkerId, Column::StartedAt];

fn insert(
    backend: DbBackend,
    tasks: impl IntoTableRef,
    Note { end, error, number }: Note,
    among: Option<Expr>,
) -> InsertStatement {
    let rows = Query::select()
        .columns([Column::Id, Column::Token])
        .expr(number)
        .columns([Column::WorkerId, Column::StartedAt])
        .expr(clock::now(backend))
        .expr(end)
        .expr(Expr::val(error))
        .from(tasks)
        .and_where_option(among)
        .and_where(Expr::col(Column::StartedAt).is_not_null())
        .take();
    let mut insert = Query::insert();
    insert.into_table(attempt::Entity).columns([
        attempt::Column::TaskId,
        attempt::Column::Token,
        attempt::Column::Attempt,
        attempt::Column::WorkerId,
        attempt::Column::StartedAt,
        attempt::Column::EndedAt,
        attempt::Column::Outcome,
        attempt::Column::Error,
    ]);
    // It fails only where there are more values than columns, or less.
    drop(insert.select_from(rows));
    // One that a worker of an older version noted, against the advice to stop it first, is no reason to fail.
    insert.on_conflict(OnConflict::new().do_nothing().to_owned()).take()
}

/// An attempt's end, as a constant.
pub(crate) fn end_word(end: AttemptEnd) -> Expr {
    Expr::Constant(end.as_str().into())
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
