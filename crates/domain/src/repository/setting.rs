//! Facts about the server as a whole, each stored once.

use async_trait::async_trait;

use super::Result;

/// Stores facts that are decided once.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SettingRepository: Send {
    /// Decides `key` as `value` and returns true, or returns false when it was decided before. Of several
    /// transactions that race, one gets true; the others wait for it, and try again should it roll back.
    async fn claim(&mut self, key: &str, value: &str) -> Result<bool>;
}
