//! Time and new identifiers, as ports: tests fix them, adapters read the machine.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A moment in UTC, with microseconds.
pub type Timestamp = DateTime<Utc>;

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now, truncated to microseconds: what both databases can store.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A new UUID, version 7 (RFC 9562): sorted by the time it was made.
    fn next(&self) -> Uuid;
}
