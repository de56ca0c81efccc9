//! Table `username_changes`.

use plaza_domain::{RepositoryError, UserId, Username, UsernameChange, UsernameChangeId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "username_changes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) old_username: String,
    pub(crate) new_username: String,
    /// The handle before, while it is kept for its user.
    pub(crate) reserved_username: Option<String>,
    pub(crate) changed_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&UsernameChange> for ActiveModel {
    fn from(change: &UsernameChange) -> Self {
        Self {
            id: Set(change.id.uuid()),
            user_id: Set(change.user_id.uuid()),
            old_username: Set(change.old_username.as_str().to_owned()),
            new_username: Set(change.new_username.as_str().to_owned()),
            reserved_username: Set(Some(change.old_username.as_str().to_owned())),
            changed_at: Set(change.changed_at),
        }
    }
}

impl TryFrom<Model> for UsernameChange {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: UsernameChangeId::new(row.id),
            user_id: UserId::new(row.user_id),
            old_username: Username::from_stored(row.old_username),
            new_username: Username::from_stored(row.new_username),
            changed_at: row.changed_at,
        })
    }
}
