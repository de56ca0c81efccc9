//! Table `task_attempts`: who began a task when, and how it went. Written when the attempt has ended. Kept for
//! operators; Plaza decides nothing by it.

use plaza_domain::{AttemptEnd, RepositoryError, TaskAttempt, WorkerId};
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) task_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) token: i64,
    pub(crate) attempt: i32,
    pub(crate) worker_id: Uuid,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) ended_at: Option<DateTimeUtc>,
    pub(crate) outcome: Option<String>,
    pub(crate) error: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for TaskAttempt {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let end = row.outcome.map(|word| convert::word("attempt", &word, AttemptEnd::parse));
        Ok(Self {
            attempt: row.attempt,
            worker_id: WorkerId::new(row.worker_id),
            started_at: row.started_at,
            ended_at: row.ended_at,
            end: end.transpose()?,
            error: row.error,
        })
    }
}
