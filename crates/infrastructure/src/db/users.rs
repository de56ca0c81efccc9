//! Accounts.

use async_trait::async_trait;
use plaza_domain::repository::{Result, UserFilter, UserRepository};
use plaza_domain::{Email, Preferences, Timestamp, User, UserId, Username};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
};

use super::entity::user::{ActiveModel, Column, Entity, Model};
use super::queries;
use super::session::{Session, found, value};

#[async_trait]
impl<C: ConnectionTrait + Send> UserRepository for Session<C> {
    async fn insert(&mut self, user: &User) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(user)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find(&mut self, id: UserId) -> Result<Option<User>> {
        self.one::<Model, _>(&Entity::find_by_id(id.uuid()).into_query()).await
    }

    async fn lock(&mut self, id: UserId) -> Result<Option<User>> {
        // Rows that refer to the user can be stored meanwhile: who stores some has locked what the holder waits for.
        self.one::<Model, _>(&Entity::find_by_id(id.uuid()).lock(LockType::NoKeyUpdate).into_query()).await
    }

    async fn find_by_email(&mut self, email: &Email) -> Result<Option<User>> {
        let query = Entity::find().filter(Column::Email.eq(email.as_str()));
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn find_by_username(&mut self, username: &Username) -> Result<Option<User>> {
        let query = Entity::find().filter(Column::Username.eq(username.as_str()));
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn list(&mut self, filter: &UserFilter, before: Option<UserId>, limit: u64) -> Result<Vec<User>> {
        self.all::<Model, _>(&queries::users::list(self.backend(), filter, before, limit)).await
    }

    async fn list_released(&mut self, now: Timestamp, limit: u64) -> Result<Vec<UserId>> {
        let rows = self.rows(&queries::users::list_released(now, limit)).await?;
        rows.iter().map(|row| value(row, Column::Id).map(UserId::new)).collect()
    }

    async fn update(&mut self, user: &User) -> Result<()> {
        let mut changed = ActiveModel::from(user);
        changed.not_set(Column::Id);
        changed.not_set(Column::CreatedAt);
        let update = Entity::update_many().set(changed).filter(Column::Id.eq(user.id.uuid()));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "user")
    }

    async fn preferences(&mut self, id: UserId) -> Result<Option<Preferences>> {
        let query = Entity::find_by_id(id.uuid()).select_only().column(Column::ShowsReceipts);
        let row = self.row(&query.into_query()).await?;
        row.map(|row| Ok(Preferences { shows_receipts: value(&row, Column::ShowsReceipts)? })).transpose()
    }

    async fn save_preferences(&mut self, id: UserId, preferences: Preferences) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::ShowsReceipts, preferences.shows_receipts.into())
            .filter(Column::Id.eq(id.uuid()));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "user")
    }
}
