//! Accounts.

use async_trait::async_trait;

use super::Result;
use crate::{Email, Preferences, User, UserId, Username};

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

    /// The account with that id, which nobody else changes until the transaction ends.
    async fn lock(&mut self, id: UserId) -> Result<Option<User>>;

    /// The account with that address.
    async fn find_by_email(&mut self, email: &Email) -> Result<Option<User>>;

    /// The account with that handle.
    async fn find_by_username(&mut self, username: &Username) -> Result<Option<User>>;

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
