//! Table `file_variants`.

use plaza_domain::{FileId, RepositoryError, Sha256, Variant, VariantName};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_variants")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) file_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) size: i64,
    pub(crate) sha256: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Variant> for ActiveModel {
    fn from(variant: &Variant) -> Self {
        Self {
            file_id: Set(variant.file_id.uuid()),
            name: Set(variant.name.as_str().to_owned()),
            media_type: Set(variant.media_type.clone()),
            width: Set(variant.width.into()),
            height: Set(variant.height.into()),
            size: Set(convert::length(variant.size)),
            sha256: Set(variant.sha256.0.to_vec()),
        }
    }
}

impl TryFrom<Model> for Variant {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            file_id: FileId::new(row.file_id),
            name: convert::word("variant", &row.name, VariantName::parse)?,
            media_type: row.media_type,
            width: convert::number("variant", row.width)?,
            height: convert::number("variant", row.height)?,
            size: convert::number("variant", row.size)?,
            sha256: Sha256(convert::digest("variant", &row.sha256)?),
        })
    }
}
