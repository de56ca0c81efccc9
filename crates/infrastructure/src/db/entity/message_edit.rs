//! Table `message_edits`.

use plaza_domain::{Content, MessageEdit, MessageId, RepositoryError, Version};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_edits")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version: i64,
    pub(crate) content: String,
    pub(crate) replaced_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&MessageEdit> for ActiveModel {
    fn from(edit: &MessageEdit) -> Self {
        Self {
            message_id: Set(edit.message_id.uuid()),
            version: Set(edit.version.get()),
            content: Set(edit.content.as_str().to_owned()),
            replaced_at: Set(edit.replaced_at),
        }
    }
}

impl TryFrom<Model> for MessageEdit {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            message_id: MessageId::new(row.message_id),
            version: Version::new(row.version),
            content: Content::from_stored(row.content),
            replaced_at: row.replaced_at,
        })
    }
}
