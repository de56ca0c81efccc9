//! Facts about the server as a whole.

use async_trait::async_trait;
use plaza_domain::repository::{Result, SettingRepository};

use super::connection::{Access, Connection};

#[async_trait]
impl<A: Access> SettingRepository for Connection<A> {
    async fn claim(&mut self, key: &str, value: &str) -> Result<bool> {
        let settings = &mut self.tables_mut()?.settings;
        if settings.contains_key(key) {
            return Ok(false);
        }
        settings.insert(key.to_owned(), value.to_owned());
        Ok(true)
    }

    async fn find(&mut self, key: &str) -> Result<Option<String>> {
        Ok(self.tables().settings.get(key).cloned())
    }

    async fn save(&mut self, key: &str, value: &str) -> Result<()> {
        self.tables_mut()?.settings.insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}
