//! Accounts at OpenID providers by which users log in.

use async_trait::async_trait;
use plaza_domain::{
    Email, Identity, IdentityId, Issuer, RepositoryError, Subject, Timestamp, UserId,
    repository::{Constraint, IdentityRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> IdentityRepository for Connection<A> {
    async fn insert(&mut self, identity: &Identity) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&identity.user_id)?;
        let of_issuer = || tables.identities.values().filter(|other| other.issuer == identity.issuer);
        if of_issuer().any(|other| other.subject == identity.subject) {
            return Err(RepositoryError::Conflict { constraint: Constraint::IdentitySubject });
        }
        if of_issuer().any(|other| other.user_id == identity.user_id) {
            return Err(RepositoryError::Conflict { constraint: Constraint::IdentityUser });
        }
        tables.identities.insert_new(identity.id, identity.clone(), Constraint::Other)
    }

    async fn find(&mut self, issuer: &Issuer, subject: &Subject) -> Result<Option<Identity>> {
        let tables = self.tables();
        let is_it = |it: &&Identity| it.issuer == *issuer && it.subject == *subject;
        Ok(tables.identities.values().find(is_it).cloned())
    }

    async fn find_by_id(&mut self, id: IdentityId) -> Result<Option<Identity>> {
        Ok(self.tables().identities.get(&id).cloned())
    }

    async fn list(&mut self, user_id: UserId, limit: u64) -> Result<Vec<Identity>> {
        let tables = self.tables();
        let of_user = tables.identities.values().filter(|identity| identity.user_id == user_id);
        Ok(of_user.take(rows(limit)).cloned().collect())
    }

    async fn note_use(&mut self, id: IdentityId, email: Option<Email>, at: Timestamp) -> Result<()> {
        if let Some(identity) = self.tables_mut()?.identities.get_mut(&id) {
            identity.last_used_at = at;
            identity.email = email;
        }
        Ok(())
    }

    async fn delete(&mut self, id: IdentityId) -> Result<bool> {
        Ok(self.tables_mut()?.identities.remove(&id).is_some())
    }
}
