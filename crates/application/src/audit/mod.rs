//! The audit log: what is written down by those who change things, and reading it.

mod entry;
mod service;
mod verify;

pub(crate) use entry::{by, by_operator};
pub use service::{AuditExport, AuditService};
pub use verify::{AuditVerdict, NotedEntry};
