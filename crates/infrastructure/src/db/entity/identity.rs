//! Table `identities`.

use plaza_domain::{Email, Identity, IdentityId, Issuer, RepositoryError, Subject, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) last_used_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Identity> for ActiveModel {
    fn from(identity: &Identity) -> Self {
        Self {
            id: Set(identity.id.uuid()),
            user_id: Set(identity.user_id.uuid()),
            issuer: Set(identity.issuer.as_str().to_owned()),
            subject: Set(identity.subject.as_str().to_owned()),
            email: Set(identity.email.as_ref().map(|email| email.as_str().to_owned())),
            created_at: Set(identity.created_at),
            last_used_at: Set(identity.last_used_at),
        }
    }
}

impl TryFrom<Model> for Identity {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: IdentityId::new(row.id),
            user_id: UserId::new(row.user_id),
            issuer: Issuer::from_stored(row.issuer),
            subject: Subject::from_stored(row.subject),
            email: row.email.map(Email::from_stored),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}
