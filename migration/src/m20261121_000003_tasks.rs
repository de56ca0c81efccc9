//! Background work and its attempts. One partial index for each question that workers and relays ask: finished
//! tasks, the bulk of the table, are in none of them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = vec![
            partial(index("tasks_ready_idx", "tasks", &["run_at", "id", "queue"]), "state = 'ready'"),
            partial(index("tasks_scheduled_idx", "tasks", &["run_at"]), "state = 'scheduled'"),
            partial(index("tasks_running_idx", "tasks", &["lease_until"]), "state = 'running'"),
        ];
        ddl::create(manager, vec![tasks(), task_attempts()], indexes).await?;
        ddl::update_often(manager, "tasks").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["task_attempts", "tasks"]).await
    }
}

fn tasks() -> TableCreateStatement {
    Table::create()
        .table("tasks")
        .col(uuid("id").primary_key())
        .col(text("queue"))
        .col(text("kind"))
        .col(integer("version"))
        .col(json_binary("payload"))
        .col(uuid_null("owner_id"))
        .col(text("state"))
        .col(integer("attempt"))
        .col(integer("max_attempts"))
        .col(integer("crashes"))
        .col(big_integer("token"))
        .col(timestamp_with_time_zone("run_at"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(uuid_null("worker_id"))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .check(Expr::cust("state IN ('scheduled', 'ready', 'running', 'succeeded', 'dead', 'cancelled')"))
        .check(Expr::cust("(state = 'running') = (lease_until IS NOT NULL)"))
        .check(Expr::cust("(state IN ('succeeded', 'dead', 'cancelled')) = (finished_at IS NOT NULL)"))
        .check(Expr::cust("attempt >= 0 AND max_attempts >= 1 AND crashes >= 0 AND token >= 0"))
        .foreign_key(&mut reference("tasks", "owner_id", ("users", "id"), OnDelete::Refuse))
        .to_owned()
}

fn task_attempts() -> TableCreateStatement {
    Table::create()
        .table("task_attempts")
        .col(uuid("task_id"))
        .col(big_integer("token"))
        .col(integer("attempt"))
        .col(uuid("worker_id"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(text_null("outcome"))
        .col(text_null("error"))
        .primary_key(Index::create().col("task_id").col("token"))
        .check(Expr::cust("outcome IN ('succeeded', 'retry', 'snooze', 'dead', 'crashed')"))
        .check(Expr::cust("(ended_at IS NULL) = (outcome IS NULL)"))
        .foreign_key(&mut reference("task_attempts", "task_id", ("tasks", "id"), OnDelete::Cascade))
        .to_owned()
}
