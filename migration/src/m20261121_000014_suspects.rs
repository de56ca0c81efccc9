//! What a worker claims next: tasks with which a worker has vanished are claimed apart from the others.

use sea_orm_migration::prelude::*;

use crate::ddl::partial;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_index(manager, &["queue", "crashes"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_index(manager, &["queue"]).await
    }
}

/// The ready tasks, by those columns and then in the order in which they are claimed.
async fn replace_index(manager: &SchemaManager<'_>, columns: &[&'static str]) -> Result<(), DbErr> {
    let name = "tasks_ready_idx";
    manager.drop_index(Index::drop().name(name).table("tasks").to_owned()).await?;
    let mut ready = Index::create();
    ready.name(name).table("tasks");
    for column in columns.iter().copied() {
        ready.col(column);
    }
    ready.col(("priority", IndexOrder::Desc)).col("run_at").col("id");
    manager.create_index(partial(ready, "state = 'ready'")).await
}
