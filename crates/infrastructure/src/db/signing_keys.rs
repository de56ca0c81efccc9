//! Keys that sign access tokens. There are a few of them: reading them all costs nothing.

use async_trait::async_trait;
use plaza_domain::repository::{Result, SigningKeyRepository};
use plaza_domain::{SigningKey, Timestamp};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use super::entity::signing_key::{ActiveModel, Column, Entity, Model};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> SigningKeyRepository for Session<C> {
    async fn list(&mut self, now: Timestamp) -> Result<Vec<SigningKey>> {
        let until = Column::VerifiesUntil;
        let checking = Condition::any().add(until.is_null()).add(until.gt(now));
        let query = Entity::find().filter(checking).order_by_asc(Column::Number);
        self.all::<Model, _>(&query.into_query()).await
    }

    async fn insert(&mut self, key: &SigningKey) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(key)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn retire(&mut self, numbers: &[i64], verifies_until: Timestamp) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::VerifiesUntil, verifies_until.into())
            .filter(Column::Number.is_in(numbers.iter().copied()))
            .filter(Column::VerifiesUntil.is_null());
        self.execute(&update.into_query()).await.map(drop)
    }

    async fn delete_retired(&mut self, now: Timestamp) -> Result<u64> {
        let delete = Entity::delete_many().filter(Column::VerifiesUntil.lte(now));
        self.execute(&delete.into_query()).await
    }
}
