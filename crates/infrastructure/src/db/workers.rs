//! Who does background work. When a worker was seen is told by the database's clock: see [`clock`].

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::repository::{Result, WorkerRepository};
use plaza_domain::{SeenWorker, WorkerId, WorkerStatus};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::clock;
use super::entity::worker::{Column, Entity, Model};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> WorkerRepository for Session<C> {
    async fn save(&mut self, worker: &WorkerStatus) -> Result<()> {
        let row: [(Column, Expr); 9] = [
            (Column::Id, worker.id.uuid().into()),
            (Column::Host, worker.host.as_str().into()),
            (Column::Pid, i64::from(worker.pid).into()),
            (Column::Version, worker.version.as_str().into()),
            (Column::Queues, serde_json::Value::from(worker.queues.clone()).into()),
            (Column::Slots, i32::try_from(worker.slots).unwrap_or(i32::MAX).into()),
            (Column::Running, i32::try_from(worker.running).unwrap_or(i32::MAX).into()),
            (Column::StartedAt, worker.started_at.into()),
            (Column::SeenAt, clock::now(self.backend())),
        ];
        let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
        let again = OnConflict::column(Column::Id)
            .update_columns([Column::Slots, Column::Running, Column::SeenAt])
            .to_owned();
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(columns).values_panic(values).on_conflict(again);
        self.execute(&insert).await.map(drop)
    }

    async fn list(&mut self, limit: u64) -> Result<Vec<SeenWorker>> {
        let find = Entity::find().order_by_asc(Column::StartedAt).order_by_asc(Column::Id).limit(limit);
        self.all::<Model, _>(&find.into_query()).await
    }

    async fn remove(&mut self, id: WorkerId) -> Result<()> {
        self.execute(&Entity::delete_by_id(id.uuid()).into_query()).await.map(drop)
    }

    async fn purge(&mut self, silent_for: TimeDelta) -> Result<u64> {
        let silent = Expr::col(Column::SeenAt).lt(clock::after(self.backend(), -silent_for));
        self.execute(&Entity::delete_many().filter(silent).into_query()).await
    }
}
