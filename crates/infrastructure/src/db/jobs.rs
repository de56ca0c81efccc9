//! Recurring jobs.

use async_trait::async_trait;
use plaza_domain::repository::{RecurringJobRepository, Result};
use plaza_domain::{RecurringJob, TaskId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait,
};

use super::entity::recurring_job::{ActiveModel, Column, Entity, Model};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> RecurringJobRepository for Session<C> {
    async fn list(&mut self) -> Result<Vec<RecurringJob>> {
        self.all::<Model, _>(&Entity::find().order_by_asc(Column::Name).into_query()).await
    }

    async fn ensure(&mut self, name: &str, next_run_at: Timestamp) -> Result<()> {
        let job = ActiveModel {
            name: Set(name.to_owned()),
            next_run_at: Set(next_run_at),
            last_run_at: Set(None),
            last_task_id: Set(None),
        };
        let mut insert = Entity::insert(job).into_query();
        insert.on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned());
        if self.execute(&insert).await? > 0 {
            return Ok(());
        }
        let update = Entity::update_many()
            .col_expr(Column::NextRunAt, next_run_at.into())
            .filter(Column::Name.eq(name))
            .filter(Column::NextRunAt.gt(next_run_at));
        self.execute(&update.into_query()).await.map(drop)
    }

    async fn advance(&mut self, name: &str, due: Timestamp, next: Timestamp) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::NextRunAt, next.into())
            .filter(Column::Name.eq(name))
            .filter(Column::NextRunAt.eq(due));
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn record(&mut self, name: &str, at: Timestamp, task_id: TaskId) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::LastRunAt, at.into())
            .col_expr(Column::LastTaskId, task_id.uuid().into())
            .filter(Column::Name.eq(name));
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn retain(&mut self, names: &[&'static str]) -> Result<u64> {
        let delete = Entity::delete_many().filter(Column::Name.is_not_in(names.iter().copied()));
        self.execute(&delete.into_query()).await
    }
}
