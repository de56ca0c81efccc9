//! Table `workers`.

use plaza_domain::{RepositoryError, SeenWorker, WorkerId, WorkerStatus};
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) host: String,
    pub(crate) pid: i64,
    pub(crate) version: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) queues: Json,
    pub(crate) slots: i32,
    pub(crate) running: i32,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) seen_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for SeenWorker {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let queues = serde_json::from_value(row.queues)
            .map_err(|error| RepositoryError::Corrupt { entity: "worker", reason: error.to_string() })?;
        let status = WorkerStatus {
            id: WorkerId::new(row.id),
            host: row.host,
            pid: convert::number("worker", row.pid)?,
            version: row.version,
            queues,
            slots: convert::number("worker", row.slots.into())?,
            running: convert::number("worker", row.running.into())?,
            started_at: row.started_at,
        };
        Ok(Self { status, seen_at: row.seen_at })
    }
}
