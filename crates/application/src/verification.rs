//! Users prove that they read the mail of their address.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Device, MailPurpose, NewAuditEntry, Store, UnitOfWork, User};

use crate::{
    Actor, AuthService, Error, Ports, Result,
    mail::{Links, MailMessage, MailOrder, Postbox, Posted},
    proofs::lock_own,
};

/// Proofs of addresses.
pub struct VerificationService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    postbox: Postbox,
    links: Links,
    auth: Arc<AuthService>,
}

impl VerificationService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            postbox: Postbox::new(ports),
            links: Links::new(ports),
            auth,
        }
    }

    /// Sends the actor another link to prove their address by; the one before works no more.
    ///
    /// # Errors
    /// `Conflict` when it is proved; `Unauthenticated` when the account was given up or suspended meanwhile.
    pub async fn request(&self, actor: &Actor) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = lock_own(&mut *work, actor, &*self.clock).await?;
        if user.email_verified_at.is_some() {
            return Err(Error::Conflict("the e-mail address is confirmed".to_owned()));
        }
        let posted = ask_for_proof(&self.postbox, &mut *work, &user).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(())
    }

    /// Takes the proof that is in a link, which comes from a device.
    ///
    /// # Errors
    /// `Invalid` when the link does not work.
    pub async fn confirm(&self, token: &str, device: &Device) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let (_, user) = self.links.take(&mut *work, token, &[MailPurpose::VerifyEmail]).await?;
        let user_id = user.id;
        work.users().update(&User { email_verified_at: Some(now), updated_at: now, ..user }).await?;
        let entry = NewAuditEntry::by(user_id, device, AuditAction::EmailVerified).about(user_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        // From now on they may take part.
        self.auth.forget_user(user_id);
        Ok(())
    }
}

/// Orders the mail that asks for a proof of a user's address. The user must be locked, or new.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn ask_for_proof(
    postbox: &Postbox,
    work: &mut dyn UnitOfWork,
    user: &User,
) -> Result<Posted> {
    let (to, message) = (user.email.clone(), MailMessage::VerifyEmail);
    let order = MailOrder { user_id: user.id, to: to.clone(), message };
    postbox.post_link(work, order, MailPurpose::VerifyEmail, to).await
}
