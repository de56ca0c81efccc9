//! A user's mentions in all rooms, the newest first.

use sea_orm_migration::prelude::*;

use crate::ddl::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEX: &str = "mentions_newest_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index(INDEX, "mentions", &["user_id", "message_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table("mentions").to_owned()).await
    }
}
