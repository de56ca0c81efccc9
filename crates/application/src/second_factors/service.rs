//! Users set up their second factor and give it up; admins reset that of who has lost everything.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Store, TokenDigest, TotpSecret, UnitOfWork, User, UserId, Violation};

use super::{
    check::{SecondFactor, SecondFactors, digits},
    codes,
};
use crate::{
    Actor, AuthService, Error, Operator, Ports, Result, audit,
    mail::{MailMessage, Postbox},
    policy::authorize_second_factor_reset,
    ports::{Secrets, TotpCodes},
    proofs::{Proofs, lock_own, lock_proven},
};

/// What an authenticator is given.
#[derive(Clone)]
pub struct Enrolment {
    /// The secret, as people type it: base32.
    pub secret: String,
    /// The same for programs: `otpauth://totp/…`.
    pub uri: String,
}

/// How a user's second factor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorStatus {
    /// Whether logins ask for it.
    pub is_enabled: bool,
    /// Whether the server requires it of the user.
    pub is_required: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: u64,
}

/// Second factors.
pub struct SecondFactorService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    codes: Arc<dyn TotpCodes>,
    secrets: Arc<dyn Secrets>,
    factors: Arc<SecondFactors>,
    proofs: Arc<Proofs>,
    auth: Arc<AuthService>,
    postbox: Postbox,
}

impl SecondFactorService {
    pub(crate) fn new(
        ports: &Ports,
        factors: Arc<SecondFactors>,
        proofs: Arc<Proofs>,
        auth: Arc<AuthService>,
    ) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            codes: Arc::clone(&ports.totp),
            secrets: Arc::clone(&ports.secrets),
            factors,
            proofs,
            auth,
            postbox: Postbox::new(ports),
        }
    }

    /// How the actor's second factor stands.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn status(&self, actor: &Actor) -> Result<SecondFactorStatus> {
        let mut read = self.store.read().await?;
        let secret = read.totp().find(actor.id()).await?;
        Ok(SecondFactorStatus {
            is_enabled: secret.is_some_and(|secret| secret.is_confirmed()),
            is_required: self.auth.requires_second_factor(actor.role),
            recovery_codes_left: read.recovery_codes().count_left(actor.id()).await?,
        })
    }

    /// Makes a secret for the actor's authenticator, in the place of one that was not confirmed.
    ///
    /// # Errors
    /// `Invalid` when the password is wrong; `Forbidden` when an actor without a password has logged in too long ago;
    /// `Conflict` when a second factor is set up; `Unavailable`.
    pub async fn begin(&self, actor: &Actor, password: Option<&str>) -> Result<Enrolment> {
        let known = self.proofs.of(actor, password, "password").await?;
        let new = self.codes.generate(&known).map_err(Error::Internal)?;
        let mut work = self.store.begin().await?;
        lock_proven(&mut *work, &known, &*self.clock).await?;
        let secret = TotpSecret {
            user_id: known.id,
            sealed_secret: new.sealed_secret,
            created_at: self.clock.now(),
            confirmed_at: None,
            last_step: 0,
        };
        if !work.totp().begin(&secret).await? {
            return Err(Error::Conflict("a second factor is set up: give it up first".to_owned()));
        }
        work.commit().await?;
        Ok(Enrolment { secret: new.secret, uri: new.uri })
    }

    /// Takes a code as the proof that the actor's authenticator has the secret. From now on logins ask for codes, and all
    /// other sessions, which never showed one, end. Answers with recovery codes, which are shown this once. A mail tells of
    /// it, and so of every change below.
    ///
    /// # Errors
    /// `Invalid` when the code is wrong; `Conflict` when there is nothing to confirm; `RateLimited`; `Unavailable`.
    pub async fn confirm(&self, actor: &Actor, code: &str) -> Result<Vec<String>> {
        let nothing = || Error::Conflict("there is nothing to confirm: begin first".to_owned());
        let waiting = self.store.read().await?.totp().find(actor.id()).await?;
        if waiting.is_none_or(|secret| secret.is_confirmed()) {
            return Err(nothing());
        }
        self.factors.admit_code(actor.id()).await?;
        let now = self.clock.now();
        let (codes, digests) = self.recovery_codes()?;
        let mut work = self.store.begin().await?;
        // One after the other, and not beside a login that has not heard of it.
        let user = lock_own(&mut *work, actor, &*self.clock).await?;
        let secret = work.totp().find(actor.id()).await?.filter(|secret| !secret.is_confirmed());
        let secret = secret.ok_or_else(nothing)?;
        let step = self.codes.step_of(&secret, &digits(code), now).map_err(Error::Internal)?;
        let Some(step) = step else {
            drop(work);
            self.proofs.note_failure(actor, "totp").await?;
            return Err(Violation::new("code", "is wrong").into());
        };
        if !work.totp().confirm(actor.id(), step, now).await? {
            return Err(nothing());
        }
        work.recovery_codes().replace(actor.id(), &digests).await?;
        work.sessions().revoke_all(actor.id(), Some(actor.session_id), now).await?;
        let posted = self.postbox.tell(&mut *work, &user, MailMessage::SecondFactorEnabled).await?;
        work.audit().append(&audit::by(actor, AuditAction::TotpEnabled).about(actor.id())).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        tracing::info!(user.id = %actor.id(), "a second factor was set up");
        self.auth.announce_end_of_others(actor.id(), actor.session_id);
        Ok(codes)
    }

    /// Gives up the actor's second factor.
    ///
    /// # Errors
    /// `Invalid` when the password or what is shown is wrong; `Forbidden` as [`begin`](Self::begin); `Conflict` when there
    /// is none; `RateLimited`; `Unavailable`.
    pub async fn disable(&self, actor: &Actor, password: Option<&str>, shown: &SecondFactor) -> Result<()> {
        let (mut work, user) = self.unlock(actor, password, shown).await?;
        forget(&mut *work, actor.id()).await?;
        let posted = self.postbox.tell(&mut *work, &user, MailMessage::SecondFactorDisabled).await?;
        let entry = audit::by(actor, AuditAction::TotpDisabled).about(actor.id());
        work.audit().append(&entry.with("shown", shown.as_str())).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        tracing::info!(user.id = %actor.id(), "a second factor was given up");
        // Where it is required, the actor's sessions are good for setting up another one only.
        self.auth.forget_user(actor.id());
        Ok(())
    }

    /// Gives the actor other recovery codes, shown this once; those before work no more.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub async fn renew_recovery_codes(
        &self,
        actor: &Actor,
        password: Option<&str>,
        shown: &SecondFactor,
    ) -> Result<Vec<String>> {
        let (codes, digests) = self.recovery_codes()?;
        let (mut work, user) = self.unlock(actor, password, shown).await?;
        work.recovery_codes().replace(actor.id(), &digests).await?;
        let posted = self.postbox.tell(&mut *work, &user, MailMessage::RecoveryCodesRenewed).await?;
        let entry = audit::by(actor, AuditAction::RecoveryCodesRenewed).about(actor.id());
        work.audit().append(&entry.with("shown", shown.as_str())).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(codes)
    }

    /// Frees a user of their second factor, who has lost it and all recovery codes, and ends all their sessions; whether
    /// they had one. Not for oneself: whoever has got hold of an admin's session shall not free it of the admin's.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub async fn reset_second_factor(&self, by: Operator<'_>, user_id: UserId) -> Result<bool> {
        authorize_second_factor_reset(by, user_id)?;
        let mut work = self.store.begin().await?;
        let user = work.users().lock(user_id).await?.ok_or(Error::NotFound("user"))?;
        if !forget(&mut *work, user_id).await? {
            return Ok(false);
        }
        work.sessions().revoke_all(user_id, None, self.clock.now()).await?;
        let posted = self.postbox.tell(&mut *work, &user, MailMessage::SecondFactorReset).await?;
        let entry = audit::by_operator(by, AuditAction::TwoFactorsReset).about(user_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        tracing::info!(user.id = %user_id, operator = %by, "a second factor was reset");
        self.auth.announce_end_of_all(user_id);
        Ok(true)
    }

    /// A transaction for somebody who has shown both that they are the actor and that they have the second factor, which
    /// is taken in it; and the actor's account.
    async fn unlock(
        &self,
        actor: &Actor,
        password: Option<&str>,
        shown: &SecondFactor,
    ) -> Result<(Box<dyn UnitOfWork>, User)> {
        let known = self.proofs.of(actor, password, "password").await?;
        self.factors.admit(actor.id(), shown).await?;
        let mut work = self.store.begin().await?;
        let user = lock_proven(&mut *work, &known, &*self.clock).await?;
        if !work.totp().find(actor.id()).await?.is_some_and(|secret| secret.is_confirmed()) {
            return Err(Error::Conflict("no second factor is set up".to_owned()));
        }
        if !self.factors.take(&mut *work, actor.id(), shown, self.clock.now()).await? {
            drop(work);
            self.proofs.note_failure(actor, shown.as_str()).await?;
            let field = match shown {
                SecondFactor::Code(_) => "code",
                SecondFactor::RecoveryCode(_) => "recovery_code",
            };
            return Err(Violation::new(field, "is wrong, or was used before").into());
        }
        Ok((work, user))
    }

    /// New codes, and what is stored of them.
    fn recovery_codes(&self) -> Result<(Vec<String>, Vec<TokenDigest>)> {
        let codes = (0..codes::CODES).map(|_| codes::generate(&*self.secrets)).collect::<Result<Vec<_>>>()?;
        let digests = codes.iter().map(|code| codes::digest(&*self.secrets, code)).collect();
        Ok((codes, digests))
    }
}

/// Leaves a user without a second factor; whether they had one.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn forget(work: &mut dyn UnitOfWork, user_id: UserId) -> Result<bool> {
    let had = work.totp().delete(user_id).await?;
    work.recovery_codes().replace(user_id, &[]).await?;
    Ok(had)
}
