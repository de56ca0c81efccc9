//! Reading the audit log: for the server's admins.

use std::sync::Arc;

use plaza_domain::{AuditAction, AuditEntry, AuditFilter, Store};
use serde_json::Value;

use super::by_operator;
use crate::{Operator, Page, PageRequest, Ports, Result, policy::authorize_operation};

/// How many entries of an export are read at a time.
const EXPORT_BATCH: u64 = 500;

/// The audit log.
pub struct AuditService {
    pub(super) store: Arc<dyn Store>,
}

impl AuditService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store) }
    }

    /// The entries that fit the filter, newest first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn list(
        &self,
        by: Operator<'_>,
        filter: &AuditFilter,
        page: PageRequest<i64>,
    ) -> Result<Page<AuditEntry, i64>> {
        authorize_operation(by)?;
        let mut read = self.store.read().await?;
        let entries = read.audit().list(filter, page.cursor, page.fetch()).await?;
        Ok(page.cut(entries, |entry| entry.number))
    }

    /// All entries that fit the filter, in parts. That somebody takes them with them is written down first, and is not
    /// among them.
    ///
    /// # Errors
    /// `Forbidden`; `Unavailable`.
    pub async fn export(&self, by: Operator<'_>, filter: AuditFilter) -> Result<AuditExport> {
        authorize_operation(by)?;
        let before = self.store.read().await?.audit().head().await?.number + 1;
        let mut entry = by_operator(by, AuditAction::AuditExported);
        for (key, value) in told(&filter) {
            if let Some(value) = value {
                entry = entry.with(key, value);
            }
        }
        let mut work = self.store.begin().await?;
        work.audit().append(&entry).await?;
        work.commit().await?;
        Ok(AuditExport { store: Arc::clone(&self.store), filter, before })
    }
}

fn told(filter: &AuditFilter) -> [(&'static str, Option<Value>); 5] {
    [
        ("actor_id", filter.actor_id.map(|id| id.to_string().into())),
        ("target_id", filter.target_id.map(|id| id.to_string().into())),
        ("action", filter.action.map(|action| action.as_str().into())),
        ("from", filter.from.map(|from| from.to_rfc3339().into())),
        ("to", filter.to.map(|to| to.to_rfc3339().into())),
    ]
}

/// An export that is under way.
pub struct AuditExport {
    store: Arc<dyn Store>,
    filter: AuditFilter,
    before: i64,
}

impl AuditExport {
    /// The next entries, newest first; none at the end.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn next(&mut self) -> Result<Vec<AuditEntry>> {
        let mut read = self.store.read().await?;
        let entries = read.audit().list(&self.filter, Some(self.before), EXPORT_BATCH).await?;
        if let Some(last) = entries.last() {
            self.before = last.number;
        }
        Ok(entries)
    }
}
