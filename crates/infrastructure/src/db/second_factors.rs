//! Secrets of authenticators, and the codes that stand in for a lost one. All are found by their primary keys.

use async_trait::async_trait;
use plaza_domain::repository::{RecoveryCodeRepository, Result, TotpRepository};
use plaza_domain::{Timestamp, TokenDigest, TotpSecret, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::entity::{recovery_code, totp_secret};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> TotpRepository for Session<C> {
    async fn find(&mut self, user_id: UserId) -> Result<Option<TotpSecret>> {
        let query = totp_secret::Entity::find_by_id(user_id.uuid());
        self.one::<totp_secret::Model, _>(&query.into_query()).await
    }

    async fn begin(&mut self, secret: &TotpSecret) -> Result<bool> {
        use totp_secret::{ActiveModel, Column, Entity};
        let mut insert = Entity::insert(ActiveModel::from(secret)).into_query();
        let another = OnConflict::column(Column::UserId)
            .update_columns([Column::SealedSecret, Column::CreatedAt, Column::LastStep])
            .action_and_where(Expr::col((Entity, Column::ConfirmedAt)).is_null())
            .to_owned();
        Ok(self.execute(insert.on_conflict(another)).await? > 0)
    }

    async fn confirm(&mut self, user_id: UserId, step: i64, at: Timestamp) -> Result<bool> {
        use totp_secret::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::ConfirmedAt, at.into())
            .col_expr(Column::LastStep, step.into())
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::ConfirmedAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool> {
        use totp_secret::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::LastStep, step.into())
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::ConfirmedAt.is_not_null())
            .filter(Column::LastStep.lt(step));
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn delete(&mut self, user_id: UserId) -> Result<bool> {
        let was_confirmed = TotpRepository::find(self, user_id).await?.is_some_and(|it| it.is_confirmed());
        let delete = totp_secret::Entity::delete_by_id(user_id.uuid());
        let rows = self.execute(&delete.into_query()).await?;
        Ok(was_confirmed && rows > 0)
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> RecoveryCodeRepository for Session<C> {
    async fn replace(&mut self, user_id: UserId, digests: &[TokenDigest]) -> Result<()> {
        use recovery_code::{ActiveModel, Column, Entity};
        let delete = Entity::delete_many().filter(Column::UserId.eq(user_id.uuid()));
        self.execute(&delete.into_query()).await?;
        if digests.is_empty() {
            return Ok(());
        }
        let rows = digests.iter().map(|digest| ActiveModel::new(user_id, *digest));
        self.execute(&Entity::insert_many(rows).into_query()).await.map(drop)
    }

    async fn take(&mut self, user_id: UserId, digest: TokenDigest, at: Timestamp) -> Result<bool> {
        use recovery_code::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::UsedAt, at.into())
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::Digest.eq(digest.0.to_vec()))
            .filter(Column::UsedAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn count_left(&mut self, user_id: UserId) -> Result<u64> {
        use recovery_code::{Column, Entity};
        let left = Entity::find()
            .select_only()
            .column(Column::Digest)
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::UsedAt.is_null());
        // There are ten at most.
        Ok(self.rows(&left.into_query()).await?.len() as u64)
    }
}
