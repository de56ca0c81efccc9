//! Table `audit_entries`.

use plaza_domain::{AuditEntry, RepositoryError, Sha256};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i64,
    pub(crate) at: DateTimeUtc,
    pub(crate) action: String,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) target_kind: Option<String>,
    pub(crate) target_id: Option<Uuid>,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) details: String,
    pub(crate) previous_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<AuditEntry> for ActiveModel {
    fn from(entry: AuditEntry) -> Self {
        Self {
            number: Set(entry.number),
            at: Set(entry.at),
            action: Set(entry.action),
            actor_kind: Set(entry.actor_kind),
            actor_id: Set(entry.actor_id),
            target_kind: Set(entry.target_kind),
            target_id: Set(entry.target_id),
            address: Set(entry.address),
            user_agent: Set(entry.user_agent),
            details: Set(entry.details),
            previous_hash: Set(entry.previous_hash.0.to_vec()),
            hash: Set(entry.hash.0.to_vec()),
        }
    }
}

impl TryFrom<Model> for AuditEntry {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        Ok(Self {
            number: row.number,
            at: row.at,
            action: row.action,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            target_kind: row.target_kind,
            target_id: row.target_id,
            address: row.address,
            user_agent: row.user_agent,
            details: row.details,
            previous_hash: Sha256(convert::digest("audit entry", &row.previous_hash)?),
            hash: Sha256(convert::digest("audit entry", &row.hash)?),
        })
    }
}
