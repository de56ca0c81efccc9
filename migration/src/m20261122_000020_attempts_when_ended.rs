//! A task's row says who has begun its latest attempt, and when: attempts are written once, when they have ended
//! (ADR 0021). Postgres no longer looks up the task of each of them: they are made from its row. When tasks are deleted,
//! their attempts still are. SQLite would have to write the table anew, and keeps its key.

use sea_orm_migration::{prelude::*, schema::timestamp_with_time_zone_null, sea_orm::DbBackend};

use crate::ddl::{add_column, drop_column, index, partial};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What has begun and not ended goes to the tasks.
const TAKE_WHAT_RUNS: [&str; 2] = [
    "UPDATE tasks SET started_at = (SELECT began.started_at FROM task_attempts began \
     WHERE began.task_id = tasks.id AND began.token = tasks.token) WHERE state = 'running'",
    "DELETE FROM task_attempts WHERE ended_at IS NULL",
];
const GIVE_BACK_WHAT_RUNS: &str = "INSERT INTO task_attempts (task_id, token, attempt, worker_id, started_at) \
     SELECT id, token, attempt, worker_id, started_at FROM tasks \
     WHERE state = 'running' AND started_at IS NOT NULL ON CONFLICT DO NOTHING";

const DROP_KEY: [&str; 3] = [
    "ALTER TABLE task_attempts DROP CONSTRAINT task_attempts_task_id_fkey",
    "CREATE FUNCTION forget_attempts() RETURNS trigger LANGUAGE plpgsql AS $$ \
     BEGIN \
     EXECUTE format('DELETE FROM %I.task_attempts USING gone WHERE task_id = gone.id', TG_TABLE_SCHEMA); \
     RETURN NULL; \
     END $$",
    "CREATE TRIGGER tasks_forget_attempts AFTER DELETE ON tasks REFERENCING OLD TABLE AS gone \
     FOR EACH STATEMENT EXECUTE FUNCTION forget_attempts()",
];
/// Fails when an attempt has no task.
const ADD_KEY: [&str; 3] = [
    "DROP TRIGGER tasks_forget_attempts ON tasks",
    "DROP FUNCTION forget_attempts()",
    "ALTER TABLE task_attempts ADD CONSTRAINT task_attempts_task_id_fkey \
     FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "tasks", started_at()).await?;
        execute(manager, &TAKE_WHAT_RUNS).await?;
        // Most tasks are nobody's, and they are in enough indexes.
        replace_index(manager, partial(owned(), "owner_id IS NOT NULL")).await?;
        on_postgres(manager, &DROP_KEY).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_postgres(manager, &ADD_KEY).await?;
        replace_index(manager, owned()).await?;
        execute(manager, &[GIVE_BACK_WHAT_RUNS]).await?;
        drop_column(manager, "tasks", &started_at()).await
    }
}

fn started_at() -> ColumnDef {
    timestamp_with_time_zone_null("started_at")
}

fn owned() -> IndexCreateStatement {
    index("tasks_owner_id_idx", "tasks", &["owner_id", "id"])
}

async fn replace_index(manager: &SchemaManager<'_>, index: IndexCreateStatement) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name("tasks_owner_id_idx").table("tasks").to_owned()).await?;
    manager.create_index(index).await
}

async fn execute(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements.iter().copied() {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

async fn on_postgres(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        execute(manager, statements).await
    } else {
        Ok(())
    }
}
