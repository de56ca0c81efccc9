//! What can be asked about tasks: lists of them, their attempts, and how the queues are doing.

use chrono::TimeDelta;
use plaza_domain::repository::TaskFilter;
use plaza_domain::{TaskId, TaskState};
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, Func, JoinType, Keyword, Order, Query, SelectStatement, UnionType,
};
use sea_orm::{DbBackend, Iterable};

use super::COUNT;
use super::tasks::is;
use crate::db::clock;
use crate::db::entity::task::{Column, Entity};
use crate::db::entity::task_attempt as attempt;

/// What [`waiting`] calls since when the oldest waits.
pub(crate) const OLDEST: &str = "oldest";

/// What a part of a table is called that is counted.
const COUNTED: &str = "counted";

/// Tasks that fit, the newest first.
pub fn list(filter: &TaskFilter, before: Option<TaskId>, limit: u64) -> SelectStatement {
    let TaskFilter { state, queue, kind, owner_id } = filter;
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where_option(state.map(in_state))
        .and_where_option(queue.as_deref().map(|queue| Expr::col(Column::Queue).eq(queue)))
        .and_where_option(kind.as_deref().map(|kind| Expr::col(Column::Kind).eq(kind)))
        .and_where_option(owner_id.map(|id| Expr::col(Column::OwnerId).eq(id.uuid())))
        .and_where_option(before.map(|id| Expr::col(Column::Id).lt(id.uuid())))
        .order_by(Column::Id, Order::Desc)
        .limit(limit)
        .take()
}

/// The attempts at a task, the latest first. Those that have ended are kept apart; its own row tells of the one under way.
pub fn attempts(id: TaskId, limit: u64) -> SelectStatement {
    let null = || Expr::Keyword(Keyword::Null);
    let under_way = Query::select()
        .columns([Column::Id, Column::Token, Column::Attempt, Column::WorkerId, Column::StartedAt])
        .exprs([null(), null(), null()])
        .from(Entity)
        .and_where(Expr::col(Column::Id).eq(id.uuid()))
        .and_where(is(TaskState::Running))
        .and_where(Expr::col(Column::StartedAt).is_not_null())
        .take();
    Query::select()
        .columns(attempt::Column::iter())
        .from(attempt::Entity)
        .and_where(Expr::col(attempt::Column::TaskId).eq(id.uuid()))
        .union(UnionType::All, under_way)
        .order_by(attempt::Column::Token, Order::Desc)
        .limit(limit)
        .take()
}

/// How many tasks are in that state, by queue; at most `limit` are counted.
pub fn count(state: TaskState, limit: u64) -> SelectStatement {
    let by = match state {
        TaskState::Scheduled | TaskState::Ready => Column::RunAt,
        TaskState::Running => Column::LeaseUntil,
        TaskState::Succeeded | TaskState::Dead | TaskState::Cancelled => Column::Id,
    };
    let of_state = Query::select()
        .column(Column::Queue)
        .from(Entity)
        .and_where(in_state(state))
        .order_by(by, Order::Asc)
        .limit(limit)
        .take();
    by_queue(of_state)
}

/// How many tasks wait for a worker, by queue, and since when; at most `limit` are counted, the oldest of all.
pub fn waiting(backend: DbBackend, limit: u64) -> SelectStatement {
    let ready = Query::select()
        .columns([Column::Queue, Column::RunAt])
        .from(Entity)
        .and_where(is(TaskState::Ready))
        .and_where(Expr::col(Column::RunAt).lte(clock::now(backend)))
        .order_by(Column::RunAt, Order::Asc)
        .limit(limit)
        .take();
    by_queue(ready).expr_as(Func::min(Expr::col(Column::RunAt)), OLDEST).take()
}

/// How many attempts ended no longer than that ago, by queue and outcome; at most `limit` are counted, the latest.
pub fn ended(backend: DbBackend, recent: TimeDelta, limit: u64) -> SelectStatement {
    let latest = Query::select()
        .columns([attempt::Column::TaskId, attempt::Column::Outcome])
        .from(attempt::Entity)
        .and_where(Expr::col(attempt::Column::EndedAt).gt(clock::after(backend, -recent)))
        .order_by(attempt::Column::EndedAt, Order::Desc)
        .limit(limit)
        .take();
    let task_of_attempt =
        Expr::col((Entity, Column::Id)).eq(Expr::col((Alias::new(COUNTED), attempt::Column::TaskId)));
    by_queue(latest)
        .column(attempt::Column::Outcome)
        .join(JoinType::InnerJoin, Entity, task_of_attempt)
        .add_group_by([Expr::col(attempt::Column::Outcome)])
        .take()
}

/// That a task is in a state, as its index says it.
fn in_state(state: TaskState) -> Expr {
    if state.is_open() { is(state) } else { is(state).and(Expr::col(Column::FinishedAt).is_not_null()) }
}

/// Counts rows by the queue that they, or what is joined to them, tell.
fn by_queue(rows: SelectStatement) -> SelectStatement {
    Query::select()
        .column(Column::Queue)
        .expr_as(Func::count(Expr::col(Asterisk)), COUNT)
        .from_subquery(rows, Alias::new(COUNTED))
        .add_group_by([Expr::col(Column::Queue)])
        .take()
}
