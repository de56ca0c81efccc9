//! The audit log.

use async_trait::async_trait;
use plaza_domain::{
    AuditEntry, AuditFilter, AuditHead, NewAuditEntry,
    repository::{AuditRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> AuditRepository for Connection<A> {
    async fn append(&mut self, entry: &NewAuditEntry) -> Result<()> {
        let at = self.clock.now();
        let tables = self.tables_mut()?;
        let sealed = head(tables).seal(entry, at);
        tables.audit_entries.insert(sealed.number, sealed);
        Ok(())
    }

    async fn head(&mut self) -> Result<AuditHead> {
        Ok(head(&self.tables()))
    }

    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>> {
        let tables = self.tables();
        let known = tables.audit_entries.range(..before.unwrap_or(i64::MAX)).rev();
        let fitting = known.map(|(_, entry)| entry).filter(|entry| fits(filter, entry));
        Ok(fitting.take(rows(limit)).cloned().collect())
    }

    async fn follow(&mut self, after: i64, limit: u64) -> Result<Vec<AuditEntry>> {
        let tables = self.tables();
        Ok(tables
            .audit_entries
            .range(after + 1..)
            .take(rows(limit))
            .map(|(_, entry)| entry.clone())
            .collect())
    }
}

fn head(tables: &Tables) -> AuditHead {
    tables.audit_entries.values().next_back().map_or(AuditHead::START, AuditEntry::head)
}

fn fits(filter: &AuditFilter, entry: &AuditEntry) -> bool {
    filter.actor_id.is_none_or(|id| entry.actor_id == Some(id.uuid()))
        && filter.target_id.is_none_or(|id| entry.target_id == Some(id))
        && filter.action.is_none_or(|action| entry.action == action.as_str())
        && filter.from.is_none_or(|from| entry.at >= from)
        && filter.to.is_none_or(|to| entry.at < to)
}
