//! Keys that sign access tokens.

use async_trait::async_trait;
use plaza_domain::{
    SigningKey, Timestamp,
    repository::{Constraint, Result, SigningKeyRepository},
};

use super::connection::{Access, Connection};

fn checks(key: &SigningKey, now: Timestamp) -> bool {
    key.verifies_until.is_none_or(|until| until > now)
}

#[async_trait]
impl<A: Access> SigningKeyRepository for Connection<A> {
    async fn list(&mut self, now: Timestamp) -> Result<Vec<SigningKey>> {
        Ok(self.tables().signing_keys.values().filter(|key| checks(key, now)).cloned().collect())
    }

    async fn insert(&mut self, key: &SigningKey) -> Result<()> {
        self.tables_mut()?.signing_keys.insert_new(key.number, key.clone(), Constraint::Other)
    }

    async fn retire(&mut self, numbers: &[i64], verifies_until: Timestamp) -> Result<()> {
        let keys = &mut self.tables_mut()?.signing_keys;
        for number in numbers {
            if let Some(key) = keys.get_mut(number) {
                key.verifies_until.get_or_insert(verifies_until);
            }
        }
        Ok(())
    }

    async fn delete_retired(&mut self, now: Timestamp) -> Result<u64> {
        let keys = &mut self.tables_mut()?.signing_keys;
        let before = keys.len();
        keys.retain(|_, key| checks(key, now));
        Ok((before - keys.len()) as u64)
    }
}
