//! Accounts.

use async_trait::async_trait;

use super::Result;
use crate::{Email, Preferences, SystemRole, Timestamp, User, UserId, Username};

/// Which accounts are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Those whose handle, address or name begins with this, in any case. Letters of names beyond ASCII are the same in any
    /// case only where the database knows them; as they were written they are always found.
    pub search: Option<String>,
    /// Those who may do this on the server.
    pub role: Option<SystemRole>,
    /// Those that are suspended, or those that are not.
    pub is_suspended: Option<bool>,
}

/// Stores accounts.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send {
    /// Stores a new account.
    ///
    /// # Errors
    /// `Conflict` with `UserEmail` or `UserUsername` when one is taken.
    async fn insert(&mut self, user: &User) -> Result<()>;

    /// The account with that id.
    async fn find(&mut self, id: UserId) -> Result<Option<User>>;

    /// The account with that id, which nobody else changes until the transaction ends; others may store what refers to it.
    async fn lock(&mut self, id: UserId) -> Result<Option<User>>;

    /// The account with that address.
    async fn find_by_email(&mut self, email: &Email) -> Result<Option<User>>;

    /// The account with that handle.
    async fn find_by_username(&mut self, username: &Username) -> Result<Option<User>>;

    /// The accounts that fit the filter: by falling id (newest first), those before `before`, at most `limit`.
    async fn list(&mut self, filter: &UserFilter, before: Option<UserId>, limit: u64) -> Result<Vec<User>>;

    /// Accounts whose suspension was over at `now`, at most `limit`.
    async fn list_released(&mut self, now: Timestamp, limit: u64) -> Result<Vec<UserId>>;

    /// Stores an account's changed fields.
    ///
    /// # Errors
    /// As `insert`; `NotFound` when there is no such account.
    async fn update(&mut self, user: &User) -> Result<()>;

    /// How an account's owner wants things to be.
    async fn preferences(&mut self, id: UserId) -> Result<Option<Preferences>>;

    /// Stores how an account's owner wants things to be.
    ///
    /// # Errors
    /// `NotFound` when there is no such account.
    async fn save_preferences(&mut self, id: UserId, preferences: Preferences) -> Result<()>;
}
