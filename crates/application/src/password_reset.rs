//! Another password for who has forgotten theirs, and reads the mail of their address.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Device, Email, MailPurpose, MailToken, NewAuditEntry, Store, User};

use crate::{
    AuthService, Error, Ports, Result,
    auth::parse_password,
    commands::{Command, ResetRequest},
    events::{Event, UserEvent},
    mail::{Links, MailMessage, MailOrder, Postbox, useless},
    ports::{EventBus, PasswordHasher, Secrets},
};

/// Forgotten passwords.
pub struct PasswordResetService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
    passwords: Arc<dyn PasswordHasher>,
    secrets: Arc<dyn Secrets>,
    postbox: Postbox,
    links: Links,
    auth: Arc<AuthService>,
}

impl PasswordResetService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            bus: Arc::clone(&ports.bus),
            passwords: Arc::clone(&ports.passwords),
            secrets: Arc::clone(&ports.secrets),
            postbox: Postbox::new(ports),
            links: Links::new(ports),
            auth,
        }
    }

    /// Notes that somebody asks for a new password for the account with that address. Whether there is one is looked up
    /// later, by a worker: who asks can tell neither by the answer nor by the time that it takes.
    ///
    /// # Errors
    /// `Invalid` when it is no address.
    pub async fn request(&self, email: &str) -> Result<()> {
        let email = Email::parse(email)?;
        let mut work = self.store.begin().await?;
        let request = Command::AnswerResetRequest(ResetRequest { email });
        let posted = self.postbox.post_command(&mut *work, request).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(())
    }

    /// Sends a link to the account with that address, if there is one that may be used; returns whether there is.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn answer(&self, email: &Email) -> Result<bool> {
        let mut work = self.store.begin().await?;
        let Some(found) = work.users().find_by_email(email).await? else { return Ok(false) };
        let now = self.clock.now();
        let is_usable =
            |user: &User| user.email == *email && user.erased_at.is_none() && !user.is_suspended(now);
        let Some(user) = work.users().lock(found.id).await?.filter(is_usable) else { return Ok(false) };
        let message = MailMessage::ResetPassword;
        let order = MailOrder { user_id: user.id, to: user.email.clone(), message };
        let posted = self.postbox.post_link(&mut *work, order, MailPurpose::ResetPassword, user.email);
        let posted = posted.await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(true)
    }

    /// Gives the account of a link another password, and ends all its sessions: whoever else got in is out. Who follows
    /// the link has also proved the address. A mail tells of it.
    ///
    /// # Errors
    /// `Invalid` when the password breaks a rule, or the link does not work; `Unavailable` when too many passwords are
    /// hashed at once.
    pub async fn reset(&self, token: &str, new_password: &str, device: &Device) -> Result<()> {
        let known = self.owner(token).await?;
        let names = [known.email.as_str(), known.username.as_str(), known.display_name.as_str()];
        let new_password = parse_password("new_password", new_password, &names)?;
        let password_hash = self.passwords.hash(new_password).await.map_err(Error::Unavailable)?;

        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let (_, user) = self.links.take(&mut *work, token, &[MailPurpose::ResetPassword]).await?;
        let (user_id, to) = (user.id, user.email.clone());
        let user = User { password_hash, email_verified_at: Some(now), updated_at: now, ..user };
        work.users().update(&user).await?;
        work.sessions().revoke_all(user_id, None, now).await?;
        // Whatever else was under way may have been ordered by whoever knew the old password.
        work.mail_tokens().void(user_id).await?;
        let order = MailOrder { user_id, to, message: MailMessage::PasswordChanged };
        let posted = self.postbox.post(&mut *work, order).await?;
        let entry = NewAuditEntry::by(user_id, device, AuditAction::PasswordReset).about(user_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.auth.forget_user(user_id);
        self.bus.publish(Event::User(UserEvent::SessionsEnded { user_id }));
        self.postbox.wake(posted).await;
        Ok(())
    }

    /// Whose account a link is for, before it is used up. Passwords are hashed slowly on purpose: not for whoever makes
    /// up links.
    async fn owner(&self, token: &str) -> Result<User> {
        let (digest, now) = (self.secrets.digest(token), self.clock.now());
        let mut read = self.store.read().await?;
        let link = read.mail_tokens().find_by_digest(digest).await?;
        let works = |link: &MailToken| link.purpose == MailPurpose::ResetPassword && link.is_live(now);
        let link = link.filter(works).ok_or_else(useless)?;
        read.users().find(link.user_id).await?.ok_or_else(useless)
    }
}
