//! Table `thread_followers`.

use plaza_domain::{Follower, MessageId, RepositoryError, RoomId, Seq, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "thread_followers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) is_following: bool,
    pub(crate) read_seq: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Follower> for ActiveModel {
    fn from(follower: &Follower) -> Self {
        Self {
            message_id: Set(follower.message_id.uuid()),
            user_id: Set(follower.user_id.uuid()),
            room_id: Set(follower.room_id.uuid()),
            is_following: Set(follower.is_following),
            read_seq: Set(follower.read_seq.get()),
        }
    }
}

impl TryFrom<Model> for Follower {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            message_id: MessageId::new(row.message_id),
            user_id: UserId::new(row.user_id),
            room_id: RoomId::new(row.room_id),
            is_following: row.is_following,
            read_seq: Seq::new(row.read_seq),
        })
    }
}
