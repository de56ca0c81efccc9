//! Table `invitations`.

use plaza_domain::{
    Invitation, InvitationId, InvitationNote, RepositoryError, SystemRole, TokenDigest, UserId,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

const ENTITY: &str = "invitation";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) digest: Vec<u8>,
    pub(crate) note: String,
    pub(crate) role: String,
    pub(crate) created_by: Option<Uuid>,
    pub(crate) max_uses: i64,
    pub(crate) uses: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) expires_at: DateTimeUtc,
    pub(crate) revoked_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Invitation> for ActiveModel {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: Set(invitation.id.uuid()),
            digest: Set(invitation.digest.0.to_vec()),
            note: Set(invitation.note.as_str().to_owned()),
            role: Set(invitation.role.as_str().to_owned()),
            created_by: Set(invitation.created_by.map(UserId::uuid)),
            max_uses: Set(invitation.max_uses.into()),
            uses: Set(invitation.uses.into()),
            created_at: Set(invitation.created_at),
            expires_at: Set(invitation.expires_at),
            revoked_at: Set(invitation.revoked_at),
        }
    }
}

impl TryFrom<Model> for Invitation {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: InvitationId::new(row.id),
            digest: TokenDigest(convert::digest(ENTITY, &row.digest)?),
            note: InvitationNote::from_stored(row.note),
            role: convert::word(ENTITY, &row.role, SystemRole::parse)?,
            created_by: row.created_by.map(UserId::new),
            max_uses: convert::number(ENTITY, row.max_uses)?,
            uses: convert::number(ENTITY, row.uses)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}
