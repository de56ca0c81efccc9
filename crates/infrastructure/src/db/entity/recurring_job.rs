//! Table `recurring_jobs`.

use plaza_domain::{RecurringJob, RepositoryError, TaskId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recurring_jobs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) name: String,
    pub(crate) next_run_at: DateTimeUtc,
    pub(crate) last_run_at: Option<DateTimeUtc>,
    pub(crate) last_task_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for RecurringJob {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            name: row.name,
            next_run_at: row.next_run_at,
            last_run_at: row.last_run_at,
            last_task_id: row.last_task_id.map(TaskId::new),
        })
    }
}
