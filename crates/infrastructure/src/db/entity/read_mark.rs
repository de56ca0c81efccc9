//! Table `read_marks`.

use plaza_domain::ReadMark;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "read_marks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) room_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) after_seq: i64,
    pub(crate) read_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&ReadMark> for ActiveModel {
    fn from(mark: &ReadMark) -> Self {
        Self {
            room_id: Set(mark.room_id.uuid()),
            user_id: Set(mark.user_id.uuid()),
            seq: Set(mark.seq.get()),
            after_seq: Set(mark.after_seq.get()),
            read_at: Set(mark.read_at),
        }
    }
}
