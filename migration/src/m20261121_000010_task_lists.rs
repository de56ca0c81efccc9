//! What operators ask about tasks, each question with its index; and tasks that are removed while their files stay.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::{index, partial};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// SQLite takes no rule away from a column, but it can take the column away.
const FORGET_TASKS_ON_SQLITE: [&str; 4] = [
    "ALTER TABLE files ADD COLUMN processed_by uuid_text",
    "UPDATE files SET processed_by = task_id",
    "ALTER TABLE files DROP COLUMN task_id",
    "ALTER TABLE files RENAME COLUMN processed_by TO task_id",
];
const FORGET_TASKS_ON_POSTGRES: [&str; 1] =
    ["ALTER TABLE files DROP CONSTRAINT IF EXISTS files_task_id_fkey"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A file names the task that processed it, also when the task is no longer kept.
        let forget: &[&str] = match manager.get_database_backend() {
            DbBackend::Sqlite => &FORGET_TASKS_ON_SQLITE,
            _ => &FORGET_TASKS_ON_POSTGRES,
        };
        for statement in forget.iter().copied() {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        replace_index(manager, finished(&["state", "finished_at"])).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Files keep to naming tasks without a rule: some of those may be gone by now.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["tasks_ended_idx", "tasks_queue_idx", "tasks_kind_idx"] {
            manager.drop_index(Index::drop().name(name).table("tasks").to_owned()).await?;
        }
        replace_index(manager, finished(&["finished_at"])).await
    }
}

/// What is listed, the newest first. What has not ended is in the indexes of those who work on it.
fn indexes() -> [IndexCreateStatement; 3] {
    [
        partial(index("tasks_ended_idx", "tasks", &["state", "id"]), "finished_at IS NOT NULL"),
        index("tasks_queue_idx", "tasks", &["queue", "id"]),
        index("tasks_kind_idx", "tasks", &["kind", "id"]),
    ]
}

/// What ended, for its removal.
fn finished(columns: &[&'static str]) -> IndexCreateStatement {
    partial(index("tasks_finished_idx", "tasks", columns), "finished_at IS NOT NULL")
}

async fn replace_index(manager: &SchemaManager<'_>, finished: IndexCreateStatement) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name("tasks_finished_idx").table("tasks").to_owned()).await?;
    manager.create_index(finished).await
}
