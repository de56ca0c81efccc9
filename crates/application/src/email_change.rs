//! An account moves to another address, when who reads the mail of both agrees.

use std::sync::Arc;

use plaza_domain::{
    AuditAction, Clock, Device, Email, MailPurpose, MailToken, NewAuditEntry, Store, UnitOfWork, User,
    Violation,
};

use crate::{
    Actor, AuthService, LimitService, Limited, Ports, Result, audit,
    mail::{Links, MailMessage, MailOrder, Postbox, Posted},
    proofs::{Proofs, lock_proven},
};

/// How far a change of address has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// The link in the other mail is still to be used.
    Waiting,
    /// The account has moved.
    Done,
}

/// Changes of addresses.
pub struct EmailChangeService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    proofs: Arc<Proofs>,
    postbox: Postbox,
    links: Links,
    auth: Arc<AuthService>,
    limits: Arc<LimitService>,
}

impl EmailChangeService {
    pub(crate) fn new(
        ports: &Ports,
        proofs: Arc<Proofs>,
        auth: Arc<AuthService>,
        limits: Arc<LimitService>,
    ) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            proofs,
            postbox: Postbox::new(ports),
            links: Links::new(ports),
            auth,
            limits,
        }
    }

    /// Asks at both addresses whether the actor's account may move. A change that was asked for before is off. Whether
    /// the new address is another account's is not told before both have agreed. How often it is asked there is limited,
    /// however it is written; who does not prove that they are the actor uses nothing of that up.
    ///
    /// # Errors
    /// `Invalid` when it is no other address, or the password is missing or wrong; `Forbidden` when an actor without a
    /// password has logged in too long ago; `Conflict` when that was changed meanwhile;
    /// `RateLimited`; `Unavailable` when too many passwords are checked at once.
    pub async fn request(&self, actor: &Actor, new_email: &str, password: Option<&str>) -> Result<()> {
        let parsed = Email::parse(new_email);
        let new_email = parsed.map_err(|wrong| Violation::new("new_email", wrong.message))?;
        let known = self.proofs.of(actor, password, "password").await?;
        self.limits.admit(Limited::MoveMailTo(new_email.as_str())).await?;
        let mut work = self.store.begin().await?;
        let user = lock_proven(&mut *work, &known, &*self.clock).await?;
        if user.email == new_email {
            return Err(Violation::new("new_email", "is the account's address").into());
        }
        let posted = self.ask(&mut *work, &user, &new_email).await?;
        let entry = audit::by(actor, AuditAction::EmailChangeRequested).about(actor.id());
        work.audit().append(&entry).await?;
        work.commit().await?;
        for mail in posted {
            self.postbox.wake(mail).await;
        }
        Ok(())
    }

    async fn ask(&self, work: &mut dyn UnitOfWork, user: &User, new_email: &Email) -> Result<[Posted; 2]> {
        let order = |to: &Email, message| MailOrder { user_id: user.id, to: to.clone(), message };
        let leave = order(&user.email, MailMessage::LeaveEmail { new_email: new_email.clone() });
        let take = order(new_email, MailMessage::TakeEmail);
        let (at_old, at_new) = (MailPurpose::LeaveEmail, MailPurpose::TakeEmail);
        Ok([
            self.postbox.post_link(&mut *work, leave, at_old, new_email.clone()).await?,
            self.postbox.post_link(&mut *work, take, at_new, new_email.clone()).await?,
        ])
    }

    /// Takes the agreement that is in a link. With the second one the account moves: its new address is proved, and a
    /// mail to the old one tells of it.
    ///
    /// # Errors
    /// `Invalid` when the link does not work; `Conflict` when the address is another account's by now.
    pub async fn confirm(&self, token: &str, device: &Device) -> Result<EmailChange> {
        let now = self.clock.now();
        let sides = [MailPurpose::LeaveEmail, MailPurpose::TakeEmail];
        let mut work = self.store.begin().await?;
        let (link, user) = self.links.take(&mut *work, token, &sides).await?;
        if !has_agreed(&mut *work, &link).await? {
            work.commit().await?;
            return Ok(EmailChange::Waiting);
        }
        let (user_id, old_email) = (user.id, user.email.clone());
        let email = link.email.clone();
        let user = User { email, email_verified_at: Some(now), updated_at: now, ..user };
        work.users().update(&user).await?;
        // Links that went to the old address are worth nothing now.
        work.mail_tokens().void(user_id).await?;
        let message = MailMessage::EmailChanged { new_email: link.email };
        let posted = self.postbox.post(&mut *work, MailOrder { user_id, to: old_email, message }).await?;
        let entry = NewAuditEntry::by(user_id, device, AuditAction::EmailChanged).about(user_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.auth.forget_user(user_id);
        self.postbox.wake(posted).await;
        Ok(EmailChange::Done)
    }
}

/// Whether the link of the other side was used for the same change.
async fn has_agreed(work: &mut dyn UnitOfWork, link: &MailToken) -> Result<bool> {
    let Some(other_side) = link.purpose.other_side() else { return Ok(false) };
    let other = work.mail_tokens().find_for(link.user_id, other_side).await?;
    Ok(other.is_some_and(|other| other.used_at.is_some() && other.email == link.email))
}
