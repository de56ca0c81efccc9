//! Facts about the server as a whole.

use async_trait::async_trait;
use plaza_domain::repository::{Result, SettingRepository};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryTrait};

use super::entity::setting::{ActiveModel, Column, Entity};
use super::session::{Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> SettingRepository for Session<C> {
    async fn claim(&mut self, key: &str, value: &str) -> Result<bool> {
        let setting = ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) };
        let mut insert = Entity::insert(setting).into_query();
        insert.on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned());
        Ok(self.execute(&insert).await? > 0)
    }

    async fn find(&mut self, key: &str) -> Result<Option<String>> {
        let row = self.row(&Entity::find_by_id(key).into_query()).await?;
        row.map(|row| value(&row, Column::Value)).transpose()
    }

    async fn save(&mut self, key: &str, value: &str) -> Result<()> {
        let setting = ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) };
        let mut upsert = Entity::insert(setting).into_query();
        upsert.on_conflict(OnConflict::column(Column::Key).update_column(Column::Value).to_owned());
        self.execute(&upsert).await.map(drop)
    }
}
