//! Table `file_texts`.

use plaza_domain::{FileId, FileText, RepositoryError};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_texts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) file_id: Uuid,
    pub(crate) content: String,
    pub(crate) is_truncated: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&FileText> for ActiveModel {
    fn from(text: &FileText) -> Self {
        Self {
            file_id: Set(text.file_id.uuid()),
            content: Set(text.content.clone()),
            is_truncated: Set(text.is_truncated),
        }
    }
}

impl TryFrom<Model> for FileText {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self { file_id: FileId::new(row.file_id), content: row.content, is_truncated: row.is_truncated })
    }
}
