//! Which handles accounts had.

use async_trait::async_trait;
use plaza_domain::repository::{Result, UsernameChangeRepository};
use plaza_domain::{Timestamp, UserId, Username, UsernameChange, UsernameChangeId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::entity::username_change::{ActiveModel, Column, Entity, Model};
use super::queries::username_changes;
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> UsernameChangeRepository for Session<C> {
    async fn insert(&mut self, change: &UsernameChange) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(change)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn claim(&mut self, username: &Username, user_id: UserId, expired: Timestamp) -> Result<bool> {
        let reserved = Column::ReservedUsername.eq(username.as_str());
        let is_theirs = Column::UserId.eq(user_id.uuid());
        let ends = Condition::any().add(is_theirs).add(Column::ChangedAt.lt(expired));
        let release = Entity::update_many()
            .col_expr(Column::ReservedUsername, Expr::val(Option::<String>::None))
            .filter(reserved.clone())
            .filter(ends);
        self.execute(&release.into_query()).await?;
        let kept = Entity::find().select_only().column(Column::Id).filter(reserved);
        Ok(self.row(&kept.into_query()).await?.is_none())
    }

    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<UsernameChangeId>,
        limit: u64,
    ) -> Result<Vec<UsernameChange>> {
        self.all::<Model, _>(&username_changes::list(user_id, before, limit)).await
    }
}
