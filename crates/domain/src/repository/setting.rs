//! Facts about the server as a whole.

use async_trait::async_trait;

use super::Result;

/// Stores facts that are decided once, and those that change.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SettingRepository: Send {
    /// Decides `key` as `value` and returns true, or returns false when it was decided before. Of several
    /// transactions that race, one gets true; the others wait for it, and try again should it roll back.
    async fn claim(&mut self, key: &str, value: &str) -> Result<bool>;

    /// What `key` is.
    async fn find(&mut self, key: &str) -> Result<Option<String>>;

    /// Makes `key` be `value` from now on.
    async fn save(&mut self, key: &str, value: &str) -> Result<()>;
}
