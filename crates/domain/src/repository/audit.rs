//! The audit log.

use async_trait::async_trait;

use super::Result;
use crate::{AuditEntry, AuditFilter, AuditHead, NewAuditEntry};

/// Stores the audit log. What is in it stays as it is: there is no way to change or remove an entry.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AuditRepository: Send {
    /// Writes down what was done, at the end of the chain. It is the last statement of its transaction: until that ends,
    /// all others that append wait, and none may wait for a lock that another one of them holds.
    async fn append(&mut self, entry: &NewAuditEntry) -> Result<()>;

    /// Where the chain ends.
    async fn head(&mut self) -> Result<AuditHead>;

    /// What fits the filter: by falling number (newest first), those before `before`, at most `limit`.
    async fn list(
        &mut self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>>;

    /// Entries by rising number: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// `Corrupt` when one of them holds what no version of Plaza wrote.
    async fn follow(&mut self, after: i64, limit: u64) -> Result<Vec<AuditEntry>>;
}
