//! Table `totp_secrets`.

use plaza_domain::{RepositoryError, TotpSecret, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp_secrets")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) user_id: Uuid,
    pub(crate) sealed_secret: Vec<u8>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) confirmed_at: Option<DateTimeUtc>,
    pub(crate) last_step: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&TotpSecret> for ActiveModel {
    fn from(secret: &TotpSecret) -> Self {
        Self {
            user_id: Set(secret.user_id.uuid()),
            sealed_secret: Set(secret.sealed_secret.clone()),
            created_at: Set(secret.created_at),
            confirmed_at: Set(secret.confirmed_at),
            last_step: Set(secret.last_step),
        }
    }
}

impl TryFrom<Model> for TotpSecret {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            user_id: UserId::new(row.user_id),
            sealed_secret: row.sealed_secret,
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
            last_step: row.last_step,
        })
    }
}
