//! Table `signing_keys`.

use plaza_domain::{RepositoryError, SigningKey};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i64,
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sealed_key: Vec<u8>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) signs_from: DateTimeUtc,
    pub(crate) verifies_until: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&SigningKey> for ActiveModel {
    fn from(key: &SigningKey) -> Self {
        Self {
            number: Set(key.number),
            kid: Set(key.kid.clone()),
            public_key: Set(key.public_key.to_vec()),
            sealed_key: Set(key.sealed_key.clone()),
            created_at: Set(key.created_at),
            signs_from: Set(key.signs_from),
            verifies_until: Set(key.verifies_until),
        }
    }
}

impl TryFrom<Model> for SigningKey {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            number: row.number,
            kid: row.kid,
            public_key: convert::digest("signing key", &row.public_key)?,
            sealed_key: row.sealed_key,
            created_at: row.created_at,
            signs_from: row.signs_from,
            verifies_until: row.verifies_until,
        })
    }
}
