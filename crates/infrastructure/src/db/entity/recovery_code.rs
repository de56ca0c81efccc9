//! Table `recovery_codes`.

use plaza_domain::{TokenDigest, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_codes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) digest: Vec<u8>,
    pub(crate) used_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    /// A code that was not taken.
    pub(crate) fn new(user_id: UserId, digest: TokenDigest) -> Self {
        Self { user_id: Set(user_id.uuid()), digest: Set(digest.0.to_vec()), used_at: Set(None) }
    }
}
