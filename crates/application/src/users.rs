//! Profiles.

use std::sync::Arc;

use plaza_domain::{Bio, Clock, DisplayName, Email, Store, User, UserId, Username, Validator};

use crate::{Actor, Error, Ports, Result};

/// What changing a profile takes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileUpdate {
    /// The address.
    pub email: Option<String>,
    /// The handle.
    pub username: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// What the user says about themselves.
    pub bio: Option<String>,
}

/// Profiles.
pub struct UserService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl UserService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock) }
    }

    /// An account. Its address is for its owner; the caller shows others less.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: UserId) -> Result<User> {
        self.store.read().await?.users().find(id).await?.ok_or(Error::NotFound("user"))
    }

    /// Changes the actor's own profile.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the address or the handle is taken.
    pub async fn update(&self, actor: &Actor, update: ProfileUpdate) -> Result<User> {
        let mut work = self.store.begin().await?;
        let mut user = work.users().lock(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        let mut check = Validator::default();
        if let Some(email) = update.email.and_then(|text| check.field(Email::parse(&text))) {
            user.email = email;
        }
        if let Some(username) = update.username.and_then(|text| check.field(Username::parse(&text))) {
            user.username = username;
        }
        if let Some(name) = update.display_name.and_then(|text| check.field(DisplayName::parse(&text))) {
            user.display_name = name;
        }
        if let Some(bio) = update.bio.and_then(|text| check.field(Bio::parse(&text))) {
            user.bio = bio;
        }
        check.finish((Some(()),))?;
        user.updated_at = self.clock.now();
        work.users().update(&user).await?;
        work.commit().await?;
        Ok(user)
    }
}
