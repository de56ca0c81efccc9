//! Table `tasks`.

use plaza_domain::{Priority, RepositoryError, Task, TaskId, TaskState, UserId};
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) queue: String,
    pub(crate) kind: String,
    pub(crate) version: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) payload: Json,
    pub(crate) owner_id: Option<Uuid>,
    pub(crate) state: String,
    pub(crate) attempt: i32,
    pub(crate) max_attempts: i32,
    pub(crate) crashes: i32,
    pub(crate) token: i64,
    pub(crate) run_at: DateTimeUtc,
    pub(crate) lease_until: Option<DateTimeUtc>,
    /// Who has begun the latest attempt, and when; the time is empty once its worker has vanished.
    pub(crate) worker_id: Option<Uuid>,
    pub(crate) started_at: Option<DateTimeUtc>,
    pub(crate) last_error: Option<String>,
    pub(crate) priority: i16,
    pub(crate) unique_key: Option<String>,
    pub(crate) progress: Option<i16>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) result: Option<Json>,
    pub(crate) cancel_requested_at: Option<DateTimeUtc>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) finished_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Task {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: TaskId::new(row.id),
            queue: row.queue,
            kind: row.kind,
            version: row.version,
            payload: row.payload,
            owner_id: row.owner_id.map(UserId::new),
            state: convert::word("task", &row.state, TaskState::parse)?,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            crashes: row.crashes,
            token: row.token,
            run_at: row.run_at,
            lease_until: row.lease_until,
            last_error: row.last_error,
            priority: Priority(row.priority),
            unique_key: row.unique_key,
            progress: row.progress.map(|percent| convert::number("task", percent.into())).transpose()?,
            result: row.result,
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}
