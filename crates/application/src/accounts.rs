//! What users change about their own accounts: the password.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Store, User};

use crate::{
    Actor, AuthService, Error, Ports, Result, audit,
    auth::parse_password,
    mail::{MailMessage, MailOrder, Postbox},
    ports::PasswordHasher,
    proofs::{Proofs, lock_proven},
};

/// Passwords.
pub struct AccountService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<dyn PasswordHasher>,
    proofs: Arc<Proofs>,
    auth: Arc<AuthService>,
    postbox: Postbox,
}

impl AccountService {
    pub(crate) fn new(ports: &Ports, proofs: Arc<Proofs>, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            passwords: Arc::clone(&ports.passwords),
            proofs,
            auth,
            postbox: Postbox::new(ports),
        }
    }

    /// Gives the actor another password and ends all their other sessions, and the links in mails to them: whoever else
    /// knew the old one is out. A mail tells of it.
    ///
    /// # Errors
    /// `Invalid` when the new one breaks a rule or the current one is wrong; `Conflict` when it was changed meanwhile;
    /// `Unauthenticated` when the account was given up or suspended meanwhile; `RateLimited`; `Unavailable` when too many passwords are checked at once.
    pub async fn change_password(&self, actor: &Actor, current: &str, new: &str) -> Result<()> {
        let known = self.proofs.by_password(actor, current, "current_password").await?;
        let names = [known.email.as_str(), known.username.as_str(), known.display_name.as_str()];
        let new = parse_password(&*self.passwords, "new_password", new, &names).await??;
        let password_hash = self.passwords.hash(new).await.map_err(Error::Unavailable)?;

        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = lock_proven(&mut *work, &known, &*self.clock).await?;
        let to = user.email.clone();
        work.users().update(&User { password_hash, updated_at: now, ..user }).await?;
        work.sessions().revoke_all(actor.id(), Some(actor.session_id), now).await?;
        // Who knew the old password may have ordered some.
        work.mail_tokens().void(actor.id()).await?;
        let order = MailOrder { user_id: actor.id(), to, message: MailMessage::PasswordChanged };
        let posted = self.postbox.post(&mut *work, order).await?;
        let entry = audit::by(actor, AuditAction::PasswordChanged).about(actor.id());
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.auth.announce_end_of_others(actor.id(), actor.session_id);
        self.postbox.wake(posted).await;
        Ok(())
    }
}
