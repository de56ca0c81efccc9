//! The life of tasks, each step a conditional update by the database's clock.
//!
//! States are written into the statements as constants: the partial indexes are chosen by them.

use chrono::TimeDelta;
use plaza_domain::repository::ClaimRequest;
use plaza_domain::{TaskId, TaskState};
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, ExprTrait, Keyword, Order, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{DbBackend, Iterable};

use super::{padded, skip_locked, subquery};
use crate::db::clock;
use crate::db::entity::task::{Column, Entity};

/// That a task's key is taken while it waits or runs; word for word the condition of `tasks_unique_key_key`.
pub(crate) const HAS_OPEN_KEY: &str = "unique_key IS NOT NULL AND state IN ('scheduled', 'ready', 'running')";

/// Claims a task, unless it is not ready.
pub fn claim(backend: DbBackend, id: TaskId, by: ClaimRequest) -> UpdateStatement {
    begin(backend, by).and_where(Expr::col(Column::Id).eq(id.uuid())).and_where(ready(backend)).take()
}

/// Claims the most urgent ready tasks of a queue with which no worker has vanished, and of those the ones that have waited
/// longest. They are returned in any order.
pub fn claim_next(backend: DbBackend, queue: &str, limit: u64, by: ClaimRequest) -> UpdateStatement {
    let fits =
        Expr::col(Column::Queue).eq(queue).and(Expr::col(Column::Crashes).eq(Expr::Constant(0.into())));
    let next = first_ready(backend, fits, limit);
    begin(backend, by).and_where(among(next)).take()
}

/// Whether any of the queues has a ready task with which a worker has vanished: a row if so.
pub fn has_suspect(backend: DbBackend, queues: &[String]) -> SelectStatement {
    Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(ready(backend))
        .and_where(is_suspect(queues))
        .limit(1)
        .take()
}

/// Claims the most urgent of them, and of those the one that has waited longest.
pub fn claim_suspect(backend: DbBackend, queues: &[String], by: ClaimRequest) -> UpdateStatement {
    claim_first(backend, is_suspect(queues), by)
}

fn is_suspect(queues: &[String]) -> Expr {
    Expr::col(Column::Queue).is_in(queues).and(Expr::col(Column::Crashes).gt(Expr::Constant(0.into())))
}

/// Claims the first of the ready tasks that fit.
fn claim_first(backend: DbBackend, fits: Expr, by: ClaimRequest) -> UpdateStatement {
    let next = first_ready(backend, fits, 1);
    begin(backend, by).and_where(Expr::col(Column::Id).eq(subquery(next))).take()
}

/// The first of the ready tasks that fit. On Postgres those that another worker is just claiming are passed over.
fn first_ready(backend: DbBackend, fits: Expr, limit: u64) -> SelectStatement {
    let mut next = Query::select();
    next.column(Column::Id)
        .from(Entity)
        .and_where(ready(backend))
        .and_where(fits)
        .order_by(Column::Priority, Order::Desc)
        .order_by(Column::RunAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit);
    skip_locked(backend, &mut next);
    next
}

/// Prolongs the lease of a task that is running, and tells whether it was asked to end.
pub fn extend(backend: DbBackend, id: TaskId, token: i64, lease: TimeDelta) -> UpdateStatement {
    held(id, token)
        .value(Column::LeaseUntil, clock::after(backend, lease))
        .returning(Query::returning().column(Column::CancelRequestedAt))
        .take()
}

/// Notes how much of a task that is running is done.
pub fn progress(id: TaskId, token: i64, percent: u8) -> UpdateStatement {
    held(id, token).value(Column::Progress, i16::from(percent)).take()
}

/// An update of a task while the holder of `token` runs it.
pub(crate) fn held(id: TaskId, token: i64) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .and_where(Expr::col(Column::Id).eq(id.uuid()))
        .and_where(Expr::col(Column::Token).eq(token))
        .and_where(is(TaskState::Running))
        .take()
}

/// Makes scheduled tasks ready whose time has come.
pub fn promote(backend: DbBackend, limit: u64) -> UpdateStatement {
    let due = is(TaskState::Scheduled).and(Expr::col(Column::RunAt).lte(clock::now(backend)));
    Query::update()
        .table(Entity)
        .value(Column::State, word(TaskState::Ready))
        .and_where(one_of(backend, due, Column::RunAt, limit))
        .returning(Query::returning().columns([Column::Id, Column::Queue]))
        .take()
}

/// Tasks whose lease has expired, those first whose did first. On Postgres those that somebody else is just changing are
/// passed over.
pub fn expired(backend: DbBackend, limit: u64) -> SelectStatement {
    let expired = is(TaskState::Running).and(Expr::col(Column::LeaseUntil).lt(clock::now(backend)));
    lowest(backend, expired, Column::LeaseUntil, limit)
}

/// Takes back those tasks: they are scheduled again or, when hopeless, leased to who asks. Nobody has begun them then.
pub fn reap(backend: DbBackend, max_crashes: i32, by: ClaimRequest, ids: &[TaskId]) -> UpdateStatement {
    let hopeless = Expr::col(Column::Crashes)
        .add(1)
        .gte(max_crashes)
        .or(Expr::col(Column::Attempt).gte(Expr::col(Column::MaxAttempts)));
    let either = |then: Expr, otherwise: Expr| Expr::case(hopeless.clone(), then).finally(otherwise);
    let null = || Expr::Keyword(Keyword::Null);
    Query::update()
        .table(Entity)
        .value(Column::State, either(word(TaskState::Running), word(TaskState::Scheduled)))
        .value(Column::Crashes, Expr::col(Column::Crashes).add(1))
        .value(Column::Token, Expr::col(Column::Token).add(1))
        .value(Column::RunAt, either(Expr::col(Column::RunAt), clock::now(backend)))
        .value(Column::LeaseUntil, either(clock::after(backend, by.lease), null()))
        .value(Column::WorkerId, either(Expr::val(by.worker.uuid()), null()))
        .value(Column::StartedAt, null())
        .and_where(Expr::col(Column::Id).is_in(padded(ids.iter().map(|id| id.uuid()))))
        .returning(Query::returning().columns(Column::iter()))
        .take()
}

/// Tasks that have been ready for longer than that, longest first.
pub fn untaken(backend: DbBackend, age: TimeDelta, limit: u64) -> SelectStatement {
    Query::select()
        .columns([Column::Id, Column::Queue])
        .from(Entity)
        .and_where(is(TaskState::Ready))
        .and_where(Expr::col(Column::RunAt).lt(clock::after(backend, -age)))
        .order_by(Column::RunAt, Order::Asc)
        .limit(limit)
        .take()
}

/// That a task is in a state.
pub(crate) fn is(state: TaskState) -> Expr {
    Expr::col(Column::State).eq(word(state))
}

/// A state's word, as a constant.
pub(crate) fn word(state: TaskState) -> Expr {
    Expr::Constant(state.as_str().into())
}

fn ready(backend: DbBackend) -> Expr {
    is(TaskState::Ready).and(Expr::col(Column::RunAt).lte(clock::now(backend)))
}

fn begin(backend: DbBackend, by: ClaimRequest) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::State, word(TaskState::Running))
        .value(Column::Attempt, Expr::col(Column::Attempt).add(1))
        .value(Column::Token, Expr::col(Column::Token).add(1))
        .value(Column::WorkerId, by.worker.uuid())
        .value(Column::StartedAt, clock::now(backend))
        .value(Column::LeaseUntil, clock::after(backend, by.lease))
        .value(Column::Progress, Expr::Keyword(Keyword::Null))
        .returning(Query::returning().columns(Column::iter()))
        .take()
}

/// At most `limit` of the tasks that fit, lowest first.
pub(super) fn one_of(backend: DbBackend, fits: Expr, order: Column, limit: u64) -> Expr {
    among(lowest(backend, fits, order, limit))
}

fn lowest(backend: DbBackend, fits: Expr, order: Column, limit: u64) -> SelectStatement {
    let mut fitting = Query::select();
    fitting.column(Column::Id).from(Entity).and_where(fits).order_by(order, Order::Asc).limit(limit);
    skip_locked(backend, &mut fitting);
    fitting
}

/// That a task is one of those. Materialised, or Postgres might run the subquery more than once and find others each time.
fn among(fitting: SelectStatement) -> Expr {
    let name = "fitting";
    let fitting = CommonTableExpression::new()
        .table_name(Alias::new(name))
        .column(Column::Id)
        .materialized(true)
        .query(fitting)
        .to_owned();
    let ids = Query::select().column(Column::Id).from(Alias::new(name)).with_cte(fitting).take();
    Expr::col(Column::Id).in_subquery(ids)
}
