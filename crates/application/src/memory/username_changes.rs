//! Which handles accounts had.

use async_trait::async_trait;
use plaza_domain::{
    Timestamp, UserId, Username, UsernameChange, UsernameChangeId,
    repository::{Constraint, Result, UsernameChangeRepository},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> UsernameChangeRepository for Connection<A> {
    async fn insert(&mut self, change: &UsernameChange) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&change.user_id)?;
        let old = change.old_username.as_str().to_owned();
        tables.reserved_usernames.insert_new(old, change.id, Constraint::Other)?;
        tables.username_changes.insert_new(change.id, change.clone(), Constraint::Other)
    }

    async fn claim(&mut self, username: &Username, user_id: UserId, expired: Timestamp) -> Result<bool> {
        let tables = self.tables_mut()?;
        let Some(id) = tables.reserved_usernames.get(username.as_str()) else { return Ok(true) };
        let ends = |change: &UsernameChange| change.user_id == user_id || change.changed_at < expired;
        if !tables.username_changes.get(id).is_none_or(ends) {
            return Ok(false);
        }
        tables.reserved_usernames.remove(username.as_str());
        Ok(true)
    }

    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<UsernameChangeId>,
        limit: u64,
    ) -> Result<Vec<UsernameChange>> {
        let tables = self.tables();
        let newest_first = tables.username_changes.values().rev();
        let theirs = newest_first
            .filter(|change| change.user_id == user_id && before.is_none_or(|before| change.id < before));
        Ok(theirs.take(rows(limit)).cloned().collect())
    }
}
