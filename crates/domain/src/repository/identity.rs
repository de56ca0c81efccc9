//! Accounts at OpenID providers by which users log in.

use async_trait::async_trait;

use super::Result;
use crate::{Email, Identity, IdentityId, Issuer, Subject, Timestamp, UserId};

/// Stores which accounts at OpenID providers belong to whom.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IdentityRepository: Send {
    /// Stores a new one.
    ///
    /// # Errors
    /// `Conflict` with `IdentitySubject` when it belongs to a user already, with `IdentityUser` when the user has
    /// another one of that issuer.
    async fn insert(&mut self, identity: &Identity) -> Result<()>;

    /// That of an issuer with that name there.
    async fn find(&mut self, issuer: &Issuer, subject: &Subject) -> Result<Option<Identity>>;

    /// The one with that id.
    async fn find_by_id(&mut self, id: IdentityId) -> Result<Option<Identity>>;

    /// Those of a user, oldest first, at most `limit`.
    async fn list(&mut self, user_id: UserId, limit: u64) -> Result<Vec<Identity>>;

    /// Notes that somebody logged in by it, and the address that its issuer tells.
    async fn note_use(&mut self, id: IdentityId, email: Option<Email>, at: Timestamp) -> Result<()>;

    /// Removes it; false when it was not there.
    async fn delete(&mut self, id: IdentityId) -> Result<bool>;
}
