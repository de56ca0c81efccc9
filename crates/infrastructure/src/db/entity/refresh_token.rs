//! Table `refresh_tokens`.

use plaza_domain::{RefreshToken, RefreshTokenId, RepositoryError, SessionId, TokenDigest};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) parent_id: Option<Uuid>,
    pub(crate) digest: Vec<u8>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) expires_at: DateTimeUtc,
    pub(crate) consumed_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&RefreshToken> for ActiveModel {
    fn from(token: &RefreshToken) -> Self {
        Self {
            id: Set(token.id.uuid()),
            session_id: Set(token.session_id.uuid()),
            parent_id: Set(token.parent_id.map(RefreshTokenId::uuid)),
            digest: Set(token.digest.0.to_vec()),
            created_at: Set(token.created_at),
            expires_at: Set(token.expires_at),
            consumed_at: Set(token.consumed_at),
        }
    }
}

impl TryFrom<Model> for RefreshToken {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: RefreshTokenId::new(row.id),
            session_id: SessionId::new(row.session_id),
            parent_id: row.parent_id.map(RefreshTokenId::new),
            digest: TokenDigest(convert::digest("refresh token", &row.digest)?),
            created_at: row.created_at,
            expires_at: row.expires_at,
            consumed_at: row.consumed_at,
        })
    }
}
