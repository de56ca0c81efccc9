//! Background work. Its times are the database's: see [`clock`].

use std::cmp::Reverse;

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::repository::{
    ClaimRequest, Lease, Result, Success, TaskFilter, TaskRepository, TaskRetention,
};
use plaza_domain::{
    AttemptEnd, AttemptOutcome, NewTask, QueueSurvey, Task, TaskAttempt, TaskId, TaskState, Timestamp, UserId,
};
use sea_orm::sea_query::{Expr, InsertStatement, OnConflict, Query};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryResult, QueryTrait};

use super::clock;
use super::entity::task::{Column, Entity, Model};
use super::entity::task_attempt as attempt;
use super::finish;
use super::queries::tasks::{self as queries, word};
use super::queries::{task_ends, task_lists, task_orders};
use super::session::{MAX_KEYS, Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> TaskRepository for Session<C> {
    async fn insert(&mut self, task: &NewTask) -> Result<bool> {
        // Not an error that is caught: Postgres would have given the transaction up.
        let taken = OnConflict::column(Column::UniqueKey)
            .target_and_where(Expr::cust(queries::HAS_OPEN_KEY))
            .do_nothing()
            .to_owned();
        Ok(self.execute(insert(self.backend(), task).on_conflict(taken)).await? > 0)
    }

    async fn find(&mut self, id: TaskId) -> Result<Option<Task>> {
        self.one::<Model, _>(&Entity::find_by_id(id.uuid()).into_query()).await
    }

    async fn claim(&mut self, id: TaskId, by: ClaimRequest) -> Result<Option<Task>> {
        self.one::<Model, _>(&queries::claim(self.backend(), id, by)).await
    }

    async fn claim_next(&mut self, queue: &str, limit: u64, by: ClaimRequest) -> Result<Vec<Task>> {
        let statement = queries::claim_next(self.backend(), queue, limit, by);
        let mut claimed: Vec<Task> = self.all::<Model, _>(&statement).await?;
        claimed.sort_unstable_by_key(|task| (Reverse(task.priority), task.run_at, task.id));
        Ok(claimed)
    }

    async fn has_suspect(&mut self, queues: &[String]) -> Result<bool> {
        Ok(self.row(&queries::has_suspect(self.backend(), queues)).await?.is_some())
    }

    async fn claim_suspect(&mut self, queues: &[String], by: ClaimRequest) -> Result<Option<Task>> {
        self.one::<Model, _>(&queries::claim_suspect(self.backend(), queues, by)).await
    }

    async fn extend(&mut self, id: TaskId, token: i64, lease: TimeDelta) -> Result<Lease> {
        let Some(row) = self.row(&queries::extend(self.backend(), id, token, lease)).await? else {
            return Ok(Lease::Lost);
        };
        let asked_at: Option<Timestamp> = value(&row, Column::CancelRequestedAt)?;
        Ok(if asked_at.is_some() { Lease::CancelRequested } else { Lease::Held })
    }

    async fn progress(&mut self, id: TaskId, token: i64, percent: u8) -> Result<bool> {
        Ok(self.execute(&queries::progress(id, token, percent)).await? > 0)
    }

    async fn finish(&mut self, id: TaskId, token: i64, outcome: &AttemptOutcome) -> Result<bool> {
        let backend = self.backend();
        let Some(row) = self.row(&finish::task(backend, id, token, outcome)).await? else {
            return Ok(false);
        };
        let state: String = value(&row, Column::State)?;
        let is_dead = state == TaskState::Dead.as_str();
        self.execute(&finish::attempt(backend, id, outcome, is_dead)).await?;
        Ok(true)
    }

    async fn finish_many(&mut self, done: &[Success]) -> Result<Vec<(TaskId, i64)>> {
        let backend = self.backend();
        let mut ended = Vec::with_capacity(done.len());
        for done in done.chunks(MAX_KEYS / 2) {
            let rows = if backend == DbBackend::Postgres {
                self.rows(&task_ends::succeed_and_note(backend, done)).await?
            } else {
                self.rows(&task_ends::succeed(backend, done)).await?
            };
            let attempts: Vec<_> = rows.iter().map(with_token).collect::<Result<_>>()?;
            if backend == DbBackend::Sqlite && !attempts.is_empty() {
                let ids: Vec<_> = attempts.iter().map(|(id, _)| *id).collect();
                self.execute(&task_ends::note(backend, &ids, AttemptEnd::Succeeded)).await?;
            }
            ended.extend(attempts);
        }
        Ok(ended)
    }

    async fn reap(&mut self, max_crashes: i32, by: ClaimRequest, limit: u64) -> Result<Vec<Task>> {
        let backend = self.backend();
        let mut hopeless = Vec::new();
        let expired = self.rows(&queries::expired(backend, limit)).await?;
        let expired: Vec<_> =
            expired.iter().map(|row| Ok(TaskId::new(value(row, Column::Id)?))).collect::<Result<_>>()?;
        for ids in expired.chunks(MAX_KEYS) {
            self.execute(&task_ends::note(backend, ids, AttemptEnd::Crashed)).await?;
            let reaped = self.all::<Model, Task>(&queries::reap(backend, max_crashes, by, ids)).await?;
            hopeless.extend(reaped.into_iter().filter(|task| task.state == TaskState::Running));
        }
        Ok(hopeless)
    }

    async fn promote(&mut self, limit: u64) -> Result<Vec<(TaskId, String)>> {
        let rows = self.rows(&queries::promote(self.backend(), limit)).await?;
        rows.iter().map(with_queue).collect()
    }

    async fn untaken(&mut self, age: TimeDelta, limit: u64) -> Result<Vec<(TaskId, String)>> {
        let rows = self.rows(&queries::untaken(self.backend(), age, limit)).await?;
        rows.iter().map(with_queue).collect()
    }

    async fn list(&mut self, filter: &TaskFilter, before: Option<TaskId>, limit: u64) -> Result<Vec<Task>> {
        self.all::<Model, _>(&task_lists::list(filter, before, limit)).await
    }

    async fn attempts(&mut self, id: TaskId, limit: u64) -> Result<Vec<TaskAttempt>> {
        self.all::<attempt::Model, _>(&task_lists::attempts(id, limit)).await
    }

    async fn queue_stats(&mut self, recent: TimeDelta, limit: u64) -> Result<QueueSurvey> {
        self.survey(recent, limit).await
    }

    async fn cancel(&mut self, id: TaskId) -> Result<Option<Task>> {
        self.one::<Model, _>(&task_orders::cancel(self.backend(), id)).await
    }

    async fn retry(&mut self, id: TaskId) -> Result<Option<Task>> {
        self.one::<Model, _>(&task_orders::retry(self.backend(), id)).await
    }

    async fn purge(&mut self, kept: TaskRetention, limit: u64) -> Result<u64> {
        let mut purged = 0;
        for (state, age) in [
            (TaskState::Succeeded, kept.done),
            (TaskState::Cancelled, kept.done),
            (TaskState::Dead, kept.dead),
        ] {
            purged += self.execute(&task_orders::purge(self.backend(), state, age, limit)).await?;
        }
        Ok(purged)
    }
}

fn insert(backend: DbBackend, task: &NewTask) -> InsertStatement {
    row_insert(
        Entity,
        [
            (Column::Id, task.id.uuid().into()),
            (Column::Queue, task.queue.as_str().into()),
            (Column::Kind, task.kind.as_str().into()),
            (Column::Version, task.version.into()),
            (Column::Payload, task.payload.clone().into()),
            (Column::OwnerId, task.owner_id.map(UserId::uuid).into()),
            (
                Column::State,
                word(if task.run_at.is_some() { TaskState::Scheduled } else { TaskState::Ready }),
            ),
            (Column::Priority, task.priority.0.into()),
            (Column::UniqueKey, task.unique_key.clone().into()),
            (Column::Attempt, 0.into()),
            (Column::MaxAttempts, task.max_attempts.into()),
            (Column::Crashes, 0.into()),
            (Column::Token, 0_i64.into()),
            (Column::RunAt, task.run_at.map_or_else(|| clock::now(backend), Expr::from)),
            (Column::CreatedAt, clock::now(backend)),
        ],
    )
}

/// One row with values that the database computes. Each column comes with its value, so that there are as many.
fn row_insert<E: EntityTrait, K: sea_orm::Iden, const N: usize>(
    table: E,
    row: [(K, Expr); N],
) -> InsertStatement {
    let (columns, values): (Vec<K>, Vec<Expr>) = row.into_iter().unzip();
    Query::insert().into_table(table).columns(columns).values_panic(values).take()
}

fn with_token(row: &QueryResult) -> Result<(TaskId, i64)> {
    Ok((TaskId::new(value(row, Column::Id)?), value(row, Column::Token)?))
}

fn with_queue(row: &QueryResult) -> Result<(TaskId, String)> {
    Ok((TaskId::new(value(row, Column::Id)?), value(row, Column::Queue)?))
}
