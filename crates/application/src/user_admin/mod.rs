//! Accounts as the server's admins look after them: over REST and at the command line, by the same rules.

mod accounts;
mod rights;
mod suspensions;
mod watch;

use std::sync::Arc;

use plaza_domain::{Clock, IdGenerator, NewAuditEntry, Store, Timestamp, UnitOfWork, User, UserId};

pub use accounts::{NewAccount, NewPassword};
pub(crate) use suspensions::lift_ended;

use crate::{
    AuthService, Error, Ports, Result,
    events::{Event, UserEvent},
    mail::Postbox,
    ports::{EventBus, PasswordHasher, Secrets},
};

/// Accounts of others.
pub struct UserAdminService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    bus: Arc<dyn EventBus>,
    passwords: Arc<dyn PasswordHasher>,
    secrets: Arc<dyn Secrets>,
    auth: Arc<AuthService>,
    postbox: Postbox,
}

impl UserAdminService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
            passwords: Arc::clone(&ports.passwords),
            secrets: Arc::clone(&ports.secrets),
            auth,
            postbox: Postbox::new(ports),
        }
    }

    /// Tells every instance that a user's sessions are over: their tokens are refused, and their connections closed.
    fn announce_end(&self, user_id: UserId, event: UserEvent) {
        self.auth.forget_user(user_id);
        self.bus.publish(Event::User(event));
    }
}

/// An account that goes on, locked for a change.
///
/// # Errors
/// `NotFound`; `Conflict` when it was erased.
async fn lock(work: &mut dyn UnitOfWork, id: UserId) -> Result<User> {
    let user = work.users().lock(id).await?.ok_or(Error::NotFound("user"))?;
    if user.is_erased() {
        return Err(Error::Conflict("the account was erased".to_owned()));
    }
    Ok(user)
}

/// Revokes the invitations that a user made. `entry` tells how many there were, if any.
async fn revoke_invitations(
    work: &mut dyn UnitOfWork,
    user_id: UserId,
    now: Timestamp,
    entry: NewAuditEntry,
) -> Result<NewAuditEntry> {
    Ok(match work.invitations().revoke_made_by(user_id, now).await? {
        0 => entry,
        count => entry.with("invitations", count),
    })
}

/// Makes sure that the server keeps an admin when that account is one no more. The first statement of its transaction:
/// it locks all admins and that account, one after the other, so that two do not take away each other's rights.
///
/// # Errors
/// `Conflict` when there is no other admin.
pub(crate) async fn keep_an_admin(work: &mut dyn UnitOfWork, id: UserId) -> Result<()> {
    if work.erasures().lock_admins(id).await? == [id] {
        return Err(Error::Conflict(
            "the server keeps at least one admin: make somebody else one first".to_owned(),
        ));
    }
    Ok(())
}
