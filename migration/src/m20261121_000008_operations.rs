//! What operators expect of tasks: priorities, one task for one key, progress, results, cancellation; recurring jobs; who works.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ATTEMPT_COLUMNS: &str = "task_id, token, attempt, worker_id, started_at, ended_at, outcome, error";
const OUTCOMES: &str = "outcome IN ('succeeded', 'retry', 'snooze', 'dead', 'crashed', 'cancelled')";
const OUTCOMES_BEFORE: &str = "outcome IN ('succeeded', 'retry', 'snooze', 'dead', 'crashed')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            ddl::add_column(manager, "tasks", column).await?;
        }
        replace_attempts(manager, OUTCOMES).await?;
        drop_index(manager, "tasks_ready_idx", "tasks").await?;
        ddl::create(manager, vec![recurring_jobs(), workers()], indexes()).await?;
        ddl::update_often(manager, "workers").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["workers", "recurring_jobs"]).await?;
        for name in [
            "tasks_ready_idx",
            "tasks_waiting_idx",
            "tasks_unique_key_key",
            "tasks_owner_id_idx",
            "tasks_finished_idx",
        ] {
            drop_index(manager, name, "tasks").await?;
        }
        drop_index(manager, "task_attempts_ended_idx", "task_attempts").await?;
        let connection = manager.get_connection();
        connection
            .execute_unprepared("UPDATE task_attempts SET outcome = 'dead' WHERE outcome = 'cancelled'")
            .await?;
        replace_attempts(manager, OUTCOMES_BEFORE).await?;
        for column in columns() {
            ddl::drop_column(manager, "tasks", &column).await?;
        }
        let before =
            partial(index("tasks_ready_idx", "tasks", &["run_at", "id", "queue"]), "state = 'ready'");
        manager.create_index(before).await
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        small_integer("priority").default(0).take(),
        text_null("unique_key").take(),
        small_integer_null("progress").take(),
        json_binary_null("result").take(),
        timestamp_with_time_zone_null("cancel_requested_at").take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let mut ready = Index::create();
    ready
        .name("tasks_ready_idx")
        .table("tasks")
        .col("queue")
        .col(("priority", IndexOrder::Desc))
        .col("run_at")
        .col("id");
    vec![
        // What a worker claims next of a queue.
        partial(ready, "state = 'ready'"),
        // What was ready for so long that its wake-up must have been lost.
        partial(index("tasks_waiting_idx", "tasks", &["run_at"]), "state = 'ready'"),
        partial(
            unique(index("tasks_unique_key_key", "tasks", &["unique_key"])),
            "unique_key IS NOT NULL AND state IN ('scheduled', 'ready', 'running')",
        ),
        index("tasks_owner_id_idx", "tasks", &["owner_id", "id"]),
        partial(index("tasks_finished_idx", "tasks", &["finished_at"]), "finished_at IS NOT NULL"),
        partial(index("task_attempts_ended_idx", "task_attempts", &["ended_at"]), "ended_at IS NOT NULL"),
    ]
}

/// The attempts in a table with another rule for outcomes: SQLite changes no rule of a table that is there.
async fn replace_attempts(manager: &SchemaManager<'_>, outcomes: &'static str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    manager.create_table(task_attempts("task_attempts_next", outcomes)).await?;
    let copy = format!(
        "INSERT INTO task_attempts_next ({ATTEMPT_COLUMNS}) SELECT {ATTEMPT_COLUMNS} FROM task_attempts"
    );
    connection.execute_unprepared(&copy).await?;
    ddl::drop(manager, &["task_attempts"]).await?;
    connection.execute_unprepared("ALTER TABLE task_attempts_next RENAME TO task_attempts").await?;
    Ok(())
}

fn task_attempts(name: &'static str, outcomes: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(uuid("task_id"))
        .col(big_integer("token"))
        .col(integer("attempt"))
        .col(uuid("worker_id"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(text_null("outcome"))
        .col(text_null("error"))
        .primary_key(Index::create().col("task_id").col("token"))
        .check(Expr::cust(outcomes))
        .check(Expr::cust("(ended_at IS NULL) = (outcome IS NULL)"))
        .foreign_key(&mut reference("task_attempts", "task_id", ("tasks", "id"), OnDelete::Cascade))
        .to_owned()
}

/// When a job of the program is due. Its schedule is the program's; a job that is not known any more is removed.
fn recurring_jobs() -> TableCreateStatement {
    Table::create()
        .table("recurring_jobs")
        .col(text("name").primary_key())
        .col(timestamp_with_time_zone("next_run_at"))
        .col(timestamp_with_time_zone_null("last_run_at"))
        .col(uuid_null("last_task_id"))
        .to_owned()
}

/// Who does background work, and when each was last seen to get around.
fn workers() -> TableCreateStatement {
    Table::create()
        .table("workers")
        .col(uuid("id").primary_key())
        .col(text("host"))
        .col(big_integer("pid"))
        .col(text("version"))
        .col(json_binary("queues"))
        .col(integer("slots"))
        .col(integer("running"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("seen_at"))
        .check(Expr::cust("slots >= 0 AND running >= 0"))
        .to_owned()
}

async fn drop_index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name(name).table(table).to_owned()).await
}
