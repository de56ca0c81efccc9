//! Table `blobs`.

use plaza_domain::{Blob, RepositoryError, Sha256};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blobs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) sha256: Vec<u8>,
    pub(crate) storage_key: String,
    pub(crate) size: i64,
    pub(crate) created_at: DateTimeUtc,
    /// How many files and variants have this content.
    pub(crate) reference_count: i64,
    /// When the last reference was released.
    pub(crate) released_at: Option<DateTimeUtc>,
    /// When the object was given up for removal.
    pub(crate) purged_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A blob with its first reference.
impl From<&Blob> for ActiveModel {
    fn from(blob: &Blob) -> Self {
        Self {
            sha256: Set(blob.sha256.0.to_vec()),
            storage_key: Set(blob.storage_key.clone()),
            size: Set(convert::length(blob.size)),
            created_at: Set(blob.created_at),
            reference_count: Set(1),
            released_at: Set(None),
            purged_at: Set(None),
        }
    }
}

impl TryFrom<Model> for Blob {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            sha256: Sha256(convert::digest("blob", &row.sha256)?),
            storage_key: row.storage_key,
            size: convert::number("blob", row.size)?,
            created_at: row.created_at,
        })
    }
}
