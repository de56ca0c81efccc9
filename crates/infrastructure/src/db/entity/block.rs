//! Table `blocks`.

use plaza_domain::Block;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blocks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) blocker_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) blocked_id: Uuid,
    pub(crate) created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Block> for ActiveModel {
    fn from(block: &Block) -> Self {
        Self {
            blocker_id: Set(block.blocker_id.uuid()),
            blocked_id: Set(block.blocked_id.uuid()),
            created_at: Set(block.created_at),
        }
    }
}
