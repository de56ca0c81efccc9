//! Table `rooms`.

use plaza_domain::{
    RepositoryError, Room, RoomDescription, RoomId, RoomKind, RoomName, Seq, UserId, Version,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rooms")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) is_private: bool,
    pub(crate) created_by: Uuid,
    pub(crate) last_seq: i64,
    pub(crate) version: i64,
    pub(crate) details_version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) deleted_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Room> for ActiveModel {
    fn from(room: &Room) -> Self {
        Self {
            id: Set(room.id.uuid()),
            kind: Set(room.kind.as_str().to_owned()),
            name: Set(room.name.as_str().to_owned()),
            description: Set(room.description.as_str().to_owned()),
            is_private: Set(room.is_private),
            created_by: Set(room.created_by.uuid()),
            last_seq: Set(room.last_seq.get()),
            version: Set(room.version.get()),
            details_version: Set(room.details_version.get()),
            created_at: Set(room.created_at),
            updated_at: Set(room.updated_at),
            deleted_at: Set(room.deleted_at),
        }
    }
}

impl TryFrom<Model> for Room {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: RoomId::new(row.id),
            kind: convert::word("room", &row.kind, RoomKind::parse)?,
            name: RoomName::from_stored(row.name),
            description: RoomDescription::from_stored(row.description),
            is_private: row.is_private,
            created_by: UserId::new(row.created_by),
            last_seq: Seq::new(row.last_seq),
            version: Version::new(row.version),
            details_version: Version::new(row.details_version),
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}
