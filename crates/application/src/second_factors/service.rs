//! Users set up their second factor and give it up; admins reset that of who has lost everything.

use std::{sync::Arc, time::Duration};

use plaza_domain::{AuditAction, Clock, Store, TokenDigest, TotpSecret, UnitOfWork, User, UserId, Violation};

use super::{
    check::{SecondFactor, SecondFactors, digits},
    codes,
};
use crate::{
    Actor, AuthService, Error, Operator, Ports, Result, audit,
    policy::authorize_second_factor_reset,
    ports::{PasswordHasher, Secrets, TotpCodes},
};

/// For how long after a login somebody without a password is taken for who logged in.
const FRESH: Duration = Duration::from_secs(5 * 60);

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
    passwords: Arc<dyn PasswordHasher>,
    codes: Arc<dyn TotpCodes>,
    secrets: Arc<dyn Secrets>,
    factors: Arc<SecondFactors>,
    auth: Arc<AuthService>,
}

impl SecondFactorService {
    pub(crate) fn new(ports: &Ports, factors: Arc<SecondFactors>, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            passwords: Arc::clone(&ports.passwords),
            codes: Arc::clone(&ports.totp),
            secrets: Arc::clone(&ports.secrets),
            factors,
            auth,
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
        let known = self.prove(actor, password).await?;
        let new = self.codes.generate(&known).map_err(Error::Internal)?;
        let mut work = self.store.begin().await?;
        self.lock(&mut *work, &known).await?;
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
    /// other sessions, which never showed one, end. Answers with recovery codes, which are shown this once.
    ///
    /// # Errors
    /// `Invalid` when the code is wrong; `Conflict` when there is nothing to confirm; `RateLimited`; `Unavailable`.
    pub async fn confirm(&self, actor: &Actor, code: &str) -> Result<Vec<String>> {
        self.factors.admit(actor.id()).await?;
        let now = self.clock.now();
        let (codes, digests) = self.recovery_codes()?;
        let mut work = self.store.begin().await?;
        // One after the other, and not beside a login that has not heard of it.
        work.users().lock(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        let secret = work.totp().find(actor.id()).await?.filter(|secret| !secret.is_confirmed());
        let nothing = || Error::Conflict("there is nothing to confirm: begin first".to_owned());
        let secret = secret.ok_or_else(nothing)?;
        let step = self.codes.step_of(&secret, &digits(code), now).map_err(Error::Internal)?;
        let step = step.ok_or_else(|| Violation::new("code", "is wrong"))?;
        if !work.totp().confirm(actor.id(), step, now).await? {
            return Err(nothing());
        }
        work.recovery_codes().replace(actor.id(), &digests).await?;
        work.sessions().revoke_all(actor.id(), Some(actor.session_id), now).await?;
        work.audit().append(&audit::by(actor, AuditAction::TotpEnabled).about(actor.id())).await?;
        work.commit().await?;
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
        let mut work = self.unlock(actor, password, shown).await?;
        forget(&mut *work, actor.id()).await?;
        let entry = audit::by(actor, AuditAction::TotpDisabled).about(actor.id());
        work.audit().append(&entry.with("shown", shown.as_str())).await?;
        work.commit().await?;
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
        let mut work = self.unlock(actor, password, shown).await?;
        work.recovery_codes().replace(actor.id(), &digests).await?;
        let entry = audit::by(actor, AuditAction::RecoveryCodesRenewed).about(actor.id());
        work.audit().append(&entry.with("shown", shown.as_str())).await?;
        work.commit().await?;
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
        work.users().lock(user_id).await?.ok_or(Error::NotFound("user"))?;
        if !forget(&mut *work, user_id).await? {
            return Ok(false);
        }
        work.sessions().revoke_all(user_id, None, self.clock.now()).await?;
        let entry = audit::by_operator(by, AuditAction::TwoFactorsReset).about(user_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        tracing::info!(user.id = %user_id, operator = %by, "a second factor was reset");
        self.auth.announce_end_of_all(user_id);
        Ok(true)
    }

    /// That it is the actor who asks, and not who found their session.
    async fn prove(&self, actor: &Actor, password: Option<&str>) -> Result<User> {
        let found = self.store.read().await?.sessions().find_with_user(actor.session_id).await?;
        let (session, user) = found.ok_or(Error::NotFound("user"))?;
        if !user.password_hash.is_some() {
            if session.created_at + FRESH <= self.clock.now() {
                return Err(Error::Forbidden("this needs a login of the last five minutes: log in again"));
            }
            return Ok(user);
        }
        let hash = Some(user.password_hash.clone());
        let matches = self.passwords.verify(password.unwrap_or_default(), hash).await;
        if !matches.map_err(Error::Unavailable)? {
            return Err(Violation::new("password", "is wrong").into());
        }
        Ok(user)
    }

    /// A transaction for somebody who has shown both that they are the actor and that they have the second factor, which
    /// is taken in it.
    async fn unlock(
        &self,
        actor: &Actor,
        password: Option<&str>,
        shown: &SecondFactor,
    ) -> Result<Box<dyn UnitOfWork>> {
        let known = self.prove(actor, password).await?;
        self.factors.admit(actor.id()).await?;
        let mut work = self.store.begin().await?;
        self.lock(&mut *work, &known).await?;
        if !work.totp().find(actor.id()).await?.is_some_and(|secret| secret.is_confirmed()) {
            return Err(Error::Conflict("no second factor is set up".to_owned()));
        }
        if !self.factors.take(&mut *work, actor.id(), shown, self.clock.now()).await? {
            let field = match shown {
                SecondFactor::Code(_) => "code",
                SecondFactor::RecoveryCode(_) => "recovery_code",
            };
            return Err(Violation::new(field, "is wrong, or was used before").into());
        }
        Ok(work)
    }

    /// Locks who was read before, unless their password was changed meanwhile.
    async fn lock(&self, work: &mut dyn UnitOfWork, known: &User) -> Result<()> {
        let user = work.users().lock(known.id).await?.ok_or(Error::NotFound("user"))?;
        if user.password_hash != known.password_hash {
            return Err(Error::Conflict("the password was changed meanwhile".to_owned()));
        }
        Ok(())
    }

    /// New codes, and what is stored of them.
    fn recovery_codes(&self) -> Result<(Vec<String>, Vec<TokenDigest>)> {
        let codes = (0..codes::CODES).map(|_| codes::generate(&*self.secrets)).collect::<Result<Vec<_>>>()?;
        let digests = codes.iter().map(|code| codes::digest(&*self.secrets, code)).collect();
        Ok((codes, digests))
    }
}

/// Leaves a user without a second factor; whether they had one.
async fn forget(work: &mut dyn UnitOfWork, user_id: UserId) -> Result<bool> {
    let had = work.totp().delete(user_id).await?;
    work.recovery_codes().replace(user_id, &[]).await?;
    Ok(had)
}
