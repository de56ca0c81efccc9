//! What users change about their own accounts: the password.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Store, User, Violation};

use crate::{
    Actor, AuthService, Error, Ports, Result, audit,
    auth::parse_password,
    events::{Event, UserEvent},
    mail::{MailMessage, MailOrder, Postbox},
    ports::{EventBus, PasswordHasher},
};

/// Passwords.
pub struct AccountService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
    passwords: Arc<dyn PasswordHasher>,
    auth: Arc<AuthService>,
    postbox: Postbox,
}

impl AccountService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            bus: Arc::clone(&ports.bus),
            passwords: Arc::clone(&ports.passwords),
            auth,
            postbox: Postbox::new(ports),
        }
    }

    /// Gives the actor another password and ends all their other sessions: whoever else knew the old one is out. A mail
    /// tells of it.
    ///
    /// # Errors
    /// `Invalid` when the new one breaks a rule or the current one is wrong; `Conflict` when it was changed meanwhile;
    /// `Unavailable` when too many passwords are checked at once.
    pub async fn change_password(&self, actor: &Actor, current: &str, new: &str) -> Result<()> {
        let known =
            self.store.read().await?.users().find(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        let names = [known.email.as_str(), known.username.as_str(), known.display_name.as_str()];
        let new = parse_password("new_password", new, &names)?;
        let is_theirs = self.passwords.verify(current, Some(known.password_hash.clone())).await;
        if !is_theirs.map_err(Error::Unavailable)? {
            return Err(Violation::new("current_password", "is wrong").into());
        }
        let password_hash = self.passwords.hash(new).await.map_err(Error::Unavailable)?;

        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.users().lock(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        if user.password_hash != known.password_hash {
            return Err(Error::Conflict("the password was changed meanwhile".to_owned()));
        }
        let to = user.email.clone();
        work.users().update(&User { password_hash, updated_at: now, ..user }).await?;
        work.sessions().revoke_all(actor.id(), Some(actor.session_id), now).await?;
        let order = MailOrder { user_id: actor.id(), to, message: MailMessage::PasswordChanged };
        let posted = self.postbox.post(&mut *work, order).await?;
        let entry = audit::by(actor, AuditAction::PasswordChanged).about(actor.id());
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.auth.forget_user(actor.id());
        let (user_id, kept) = (actor.id(), actor.session_id);
        self.bus.publish(Event::User(UserEvent::OtherSessionsEnded { user_id, kept }));
        self.postbox.wake(posted).await;
        Ok(())
    }
}
