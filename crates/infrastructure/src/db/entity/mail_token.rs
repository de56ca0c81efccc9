//! Table `mail_tokens`.

use plaza_domain::{Email, MailPurpose, MailToken, RepositoryError, TaskId, TokenDigest, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

const ENTITY: &str = "link in a mail";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) task_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) purpose: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) email: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) expires_at: DateTimeUtc,
    pub(crate) used_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&MailToken> for ActiveModel {
    fn from(token: &MailToken) -> Self {
        Self {
            task_id: Set(token.task_id.uuid()),
            user_id: Set(token.user_id.uuid()),
            purpose: Set(token.purpose.as_str().to_owned()),
            digest: Set(token.digest.0.to_vec()),
            email: Set(token.email.as_str().to_owned()),
            created_at: Set(token.created_at),
            expires_at: Set(token.expires_at),
            used_at: Set(token.used_at),
        }
    }
}

impl TryFrom<Model> for MailToken {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            task_id: TaskId::new(row.task_id),
            user_id: UserId::new(row.user_id),
            purpose: convert::word(ENTITY, &row.purpose, MailPurpose::parse)?,
            digest: TokenDigest(convert::digest(ENTITY, &row.digest)?),
            email: Email::from_stored(row.email),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    }
}
