//! Accounts at OpenID providers by which users log in.

use async_trait::async_trait;
use plaza_domain::repository::{IdentityRepository, Result};
use plaza_domain::{Email, Identity, IdentityId, Issuer, Subject, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};

use super::entity::identity::{ActiveModel, Column, Entity, Model};
use super::queries;
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> IdentityRepository for Session<C> {
    async fn insert(&mut self, identity: &Identity) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(identity)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find(&mut self, issuer: &Issuer, subject: &Subject) -> Result<Option<Identity>> {
        self.one::<Model, _>(&queries::identities::find(issuer, subject)).await
    }

    async fn find_by_id(&mut self, id: IdentityId) -> Result<Option<Identity>> {
        self.one::<Model, _>(&Entity::find_by_id(id.uuid()).into_query()).await
    }

    async fn list(&mut self, user_id: UserId, limit: u64) -> Result<Vec<Identity>> {
        self.all::<Model, _>(&queries::identities::list(user_id, limit)).await
    }

    async fn note_use(&mut self, id: IdentityId, email: Option<Email>, at: Timestamp) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::LastUsedAt, at.into())
            .col_expr(Column::Email, email.map(Email::into_string).into())
            .filter(Column::Id.eq(id.uuid()));
        self.execute(&update.into_query()).await.map(drop)
    }

    async fn delete(&mut self, id: IdentityId) -> Result<bool> {
        let delete = Entity::delete_by_id(id.uuid());
        Ok(self.execute(&delete.into_query()).await? > 0)
    }
}
