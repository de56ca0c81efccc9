//! Table `room_members`.

use plaza_domain::{Member, MemberRole, RepositoryError, RoomId, Seq, UserId, Version};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_members")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) room_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    pub(crate) role: String,
    pub(crate) joined_at: DateTimeUtc,
    pub(crate) left_at: Option<DateTimeUtc>,
    pub(crate) version: i64,
    pub(crate) joined_version: i64,
    pub(crate) delivered_seq: i64,
    pub(crate) read_seq: i64,
    /// Set and shown on its own: it is nobody else's business.
    pub(crate) muted_until: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Member> for ActiveModel {
    fn from(member: &Member) -> Self {
        Self {
            room_id: Set(member.room_id.uuid()),
            user_id: Set(member.user_id.uuid()),
            role: Set(member.role.as_str().to_owned()),
            joined_at: Set(member.joined_at),
            left_at: Set(member.left_at),
            version: Set(member.version.get()),
            joined_version: Set(member.joined_version.get()),
            delivered_seq: Set(member.delivered_seq.get()),
            read_seq: Set(member.read_seq.get()),
            muted_until: NotSet,
        }
    }
}

impl TryFrom<Model> for Member {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            room_id: RoomId::new(row.room_id),
            user_id: UserId::new(row.user_id),
            role: convert::word("member", &row.role, MemberRole::parse)?,
            joined_at: row.joined_at,
            left_at: row.left_at,
            version: Version::new(row.version),
            joined_version: Version::new(row.joined_version),
            delivered_seq: Seq::new(row.delivered_seq),
            read_seq: Seq::new(row.read_seq),
        })
    }
}
