//! Table `mentions`.

use plaza_domain::Mention;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mentions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) seq: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Mention> for ActiveModel {
    fn from(mention: &Mention) -> Self {
        Self {
            message_id: Set(mention.message_id.uuid()),
            user_id: Set(mention.user_id.uuid()),
            room_id: Set(mention.room_id.uuid()),
            seq: Set(mention.seq.get()),
        }
    }
}
