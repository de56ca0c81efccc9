//! Codes that let people register.

use async_trait::async_trait;
use plaza_domain::repository::{InvitationRepository, Result};
use plaza_domain::{Invitation, InvitationId, Timestamp, TokenDigest, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::entity::invitation::{ActiveModel, Column, Entity, Model};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> InvitationRepository for Session<C> {
    async fn insert(&mut self, invitation: &Invitation) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(invitation)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn list(&mut self, before: Option<InvitationId>, limit: u64) -> Result<Vec<Invitation>> {
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit);
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.uuid()));
        }
        self.all::<Model, _>(&query.into_query()).await
    }

    async fn redeem(&mut self, digest: TokenDigest, now: Timestamp) -> Result<Option<Invitation>> {
        let update = Query::update()
            .table(Entity)
            .value(Column::Uses, Expr::col(Column::Uses).add(1))
            .and_where(Expr::col(Column::Digest).eq(digest.0.to_vec()))
            .and_where(Expr::col(Column::RevokedAt).is_null())
            .and_where(Expr::col(Column::ExpiresAt).gt(now))
            .and_where(Expr::col(Column::Uses).lt(Expr::col(Column::MaxUses)))
            .returning(Query::returning().columns(Column::iter()))
            .take();
        self.one::<Model, _>(&update).await
    }

    async fn revoke(&mut self, id: InvitationId, at: Timestamp) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::RevokedAt, at.into())
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::RevokedAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn revoke_made_by(&mut self, user_id: UserId, at: Timestamp) -> Result<u64> {
        let update = Entity::update_many()
            .col_expr(Column::RevokedAt, at.into())
            .filter(Column::CreatedBy.eq(user_id.uuid()))
            .filter(Column::RevokedAt.is_null());
        self.execute(&update.into_query()).await
    }
}
