//! The audit log: entries are appended one after the other, by whoever holds the row that says where the chain ends.

use async_trait::async_trait;
use plaza_domain::repository::{AuditRepository, RepositoryError, Result};
use plaza_domain::{AuditEntry, AuditFilter, AuditHead, NewAuditEntry};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};

use super::entity::{audit_entry, audit_head};
use super::error::from_db;
use super::queries;
use super::session::{Session, entity};

#[async_trait]
impl<C: ConnectionTrait + Send> AuditRepository for Session<C> {
    async fn append(&mut self, entry: &NewAuditEntry) -> Result<()> {
        let row = self.row(&queries::audit::lock_head(self.backend())).await?.ok_or_else(no_head)?;
        let now = row.try_get("", queries::audit::NOW).map_err(from_db)?;
        let sealed = self::entity::<audit_head::Model, AuditHead>(&row)?.seal(entry, now);
        let head = sealed.head();
        let insert = audit_entry::Entity::insert(audit_entry::ActiveModel::from(sealed)).into_query();
        self.execute(&insert).await?;
        self.execute(&queries::audit::move_head(&head)).await.map(drop)
    }

    async fn head(&mut self) -> Result<AuditHead> {
        self.one::<audit_head::Model, _>(&queries::audit::head()).await?.ok_or_else(no_head)
    }

    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>> {
        self.all::<audit_entry::Model, _>(&queries::audit::list(filter, before, limit)).await
    }

    async fn follow(&mut self, after: i64, limit: u64) -> Result<Vec<AuditEntry>> {
        self.all::<audit_entry::Model, _>(&queries::audit::follow(after, limit)).await
    }
}

fn no_head() -> RepositoryError {
    let reason = "the row that says where the chain ends is gone".to_owned();
    RepositoryError::Corrupt { entity: "audit log", reason }
}
