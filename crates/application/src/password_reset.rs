//! Another password for who has forgotten theirs, and reads the mail of their address.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    AuditAction, Clock, Device, Email, MailPurpose, MailToken, NewAuditEntry, Repositories, Store,
    UnitOfWork, User, UserId,
};

use crate::{
    AuthService, Error, LimitService, Limited, Ports, Result,
    auth::parse_password,
    commands::{Command, ResetRequest},
    identities::unlink_all,
    mail::{Links, MailMessage, MailOrder, Postbox, useless},
    ports::{PasswordHasher, Secrets},
    second_factors,
};

/// For how long nobody is sent another link: that would take the place of the one that they may be about to use.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// Forgotten passwords.
pub struct PasswordResetService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<dyn PasswordHasher>,
    secrets: Arc<dyn Secrets>,
    postbox: Postbox,
    links: Links,
    auth: Arc<AuthService>,
    limits: Arc<LimitService>,
}

impl PasswordResetService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>, limits: Arc<LimitService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            passwords: Arc::clone(&ports.passwords),
            secrets: Arc::clone(&ports.secrets),
            postbox: Postbox::new(ports),
            links: Links::new(ports),
            auth,
            limits,
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

    /// Sends a link to the account with that address, if there is one that may be used; returns whether it did. Whoever
    /// asks for it, again and again, neither floods the account's owner nor keeps them from using a link: none is sent
    /// within five minutes after another that works, nor more than so many a day.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn answer(&self, email: &Email) -> Result<bool> {
        let mut read = self.store.read().await?;
        let Some(found) = self.waiting(&mut *read, email).await? else { return Ok(false) };
        drop(read);
        let decided = self.limits.take(Limited::ResetMailTo(email.as_str())).await;
        if decided.is_some_and(|(_, decision)| !decision.allowed) {
            return Ok(false);
        }
        let mut work = self.store.begin().await?;
        work.users().lock(found.id).await?;
        // Another worker may have answered somebody else meanwhile.
        let user = self.waiting(&mut *work, email).await?.filter(|user| user.id == found.id);
        let Some(user) = user else { return Ok(false) };
        let message = MailMessage::ResetPassword;
        let order = MailOrder { user_id: user.id, to: user.email.clone(), message };
        let posted = self.postbox.post_link(&mut *work, order, MailPurpose::ResetPassword, user.email);
        let posted = posted.await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(true)
    }

    /// Who is to be sent a link at that address.
    async fn waiting(&self, work: &mut dyn Repositories, email: &Email) -> Result<Option<User>> {
        let now = self.clock.now();
        let user = work.users().find_by_email(email).await?.filter(|user| !user.is_suspended(now));
        let Some(user) = user else { return Ok(None) };
        let link = work.mail_tokens().find_for(user.id, MailPurpose::ResetPassword).await?;
        let has_link = link.is_some_and(|link| link.is_live(now) && now < link.created_at + PAUSE);
        Ok(Some(user).filter(|_| !has_link))
    }

    /// Gives the account of a link another password, and ends all its sessions: whoever else got in is out. Who follows
    /// the link has also proved the address; if nobody had before, the account may be somebody else's trap, and loses its
    /// other ways in. A mail tells of it.
    ///
    /// # Errors
    /// `Invalid` when the password breaks a rule, or the link does not work; `Unavailable` when too many passwords are
    /// hashed at once.
    pub async fn reset(&self, token: &str, new_password: &str, device: &Device) -> Result<()> {
        let known = self.owner(token).await?;
        let names = [known.email.as_str(), known.username.as_str(), known.display_name.as_str()];
        let new_password = parse_password(&*self.passwords, "new_password", new_password, &names).await??;
        let password_hash = self.passwords.hash(new_password).await.map_err(Error::Unavailable)?;

        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let (_, user) = self.links.take(&mut *work, token, &[MailPurpose::ResetPassword]).await?;
        let (user_id, to) = (user.id, user.email.clone());
        let lost = match user.email_verified_at {
            Some(_) => Vec::new(),
            None => disown(&mut *work, user_id, device).await?,
        };
        let user = User { password_hash, email_verified_at: Some(now), updated_at: now, ..user };
        work.users().update(&user).await?;
        work.sessions().revoke_all(user_id, None, now).await?;
        // Whatever else was under way may have been ordered by whoever knew the old password.
        work.mail_tokens().void(user_id).await?;
        let order = MailOrder { user_id, to, message: MailMessage::PasswordChanged };
        let posted = self.postbox.post(&mut *work, order).await?;
        let entry = NewAuditEntry::by(user_id, device, AuditAction::PasswordReset).about(user_id);
        for entry in lost.iter().chain([&entry]) {
            work.audit().append(entry).await?;
        }
        work.commit().await?;
        self.auth.announce_end_of_all(user_id);
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

/// Takes from an account, which is locked, what those have left on it who never proved its address: logins of providers,
/// and a second factor. Returns what is to be written down of it.
async fn disown(work: &mut dyn UnitOfWork, user_id: UserId, device: &Device) -> Result<Vec<NewAuditEntry>> {
    let by = |action| NewAuditEntry::by(user_id, device, action);
    let mut entries = unlink_all(&mut *work, user_id, by(AuditAction::IdentityUnlinked)).await?;
    if second_factors::forget(work, user_id).await? {
        entries.push(by(AuditAction::TotpDisabled).about(user_id).with("shown", "reset_link"));
    }
    Ok(entries)
}
