//! Whoever asks proves who they are: by a password, or by a login that is fresh. How often passwords are guessed is
//! limited, and what was wrong is written down.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    AuditAction, Clock, Device, NewAuditEntry, PasswordHash, Session, Store, UnitOfWork, User, UserId,
    Violation,
};

use crate::{
    Actor, Error, LimitService, Limited, Ports, Result, Unauthenticated, audit, ports::PasswordHasher,
};

/// For how long after a login somebody without a password is taken for who logged in.
pub const FRESH_LOGIN: TimeDelta = TimeDelta::minutes(5);

/// Checks proofs, for everything that asks for one.
pub(crate) struct Proofs {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<dyn PasswordHasher>,
    limits: Arc<LimitService>,
}

/// A guess at a password, which was counted.
pub(crate) struct Guess<'a> {
    proofs: &'a Proofs,
    account: String,
    network: String,
}

impl Proofs {
    pub(crate) fn new(ports: &Ports, limits: Arc<LimitService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            passwords: Arc::clone(&ports.passwords),
            limits,
        }
    }

    /// Counts a guess at the password of an account, by whatever that is called here. What is refused to one address
    /// costs the account nothing: others, who know the password, are not kept out by it.
    ///
    /// # Errors
    /// `RateLimited`.
    pub(crate) async fn guess(&self, account: String, device: &Device) -> Result<Guess<'_>> {
        let network = device.network();
        self.limits.admit(Limited::LoginFrom(&network)).await?;
        self.limits.guess(&account, &network).await?;
        self.limits.admit(Limited::LoginTo(&account)).await?;
        Ok(Guess { proofs: self, account, network })
    }

    /// That it is the actor who asks, and not who found their session: by their password, which comes in `field`, or,
    /// where they have none, by a fresh login. Returns their account.
    ///
    /// # Errors
    /// `Invalid` when the password is missing or wrong; `Forbidden` when an actor without one has logged in too long ago;
    /// `RateLimited`; `Unavailable` when too many passwords are checked at once.
    pub(crate) async fn of(
        &self,
        actor: &Actor,
        password: Option<&str>,
        field: &'static str,
    ) -> Result<User> {
        let (session, user) = self.known(actor).await?;
        if user.password_hash.is_some() {
            let password = password.ok_or_else(|| Violation::new(field, "must be given"))?;
            self.check(actor, &user, password, field).await?;
        } else if !self.is_fresh(&session) {
            return Err(Error::Forbidden("this needs a login of the last five minutes: log in again"));
        }
        Ok(user)
    }

    /// The same, and by nothing else than the password.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) async fn by_password(
        &self,
        actor: &Actor,
        password: &str,
        field: &'static str,
    ) -> Result<User> {
        let (_, user) = self.known(actor).await?;
        self.check(actor, &user, password, field).await?;
        Ok(user)
    }

    /// The same for what a fresh login suffices for, whether there is a password or not.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) async fn by_password_or_login(
        &self,
        actor: &Actor,
        password: Option<&str>,
        field: &'static str,
    ) -> Result<()> {
        let (session, user) = self.known(actor).await?;
        match password.filter(|_| user.password_hash.is_some()) {
            Some(password) => self.check(actor, &user, password, field).await,
            None if self.is_fresh(&session) => Ok(()),
            None => Err(Error::Forbidden(
                "this needs your password, or a login of the last five minutes: log in again",
            )),
        }
    }

    /// Writes down that somebody who has a session of that user did not show what they had to.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn note_failure(&self, actor: &Actor, shown: &str) -> Result<()> {
        let entry = audit::by(actor, AuditAction::ProofFailed).about(actor.id());
        self.note(&entry.with("shown", shown)).await
    }

    async fn known(&self, actor: &Actor) -> Result<(Session, User)> {
        let found = self.store.read().await?.sessions().find_with_user(actor.session_id).await?;
        found.ok_or(Error::NotFound("user"))
    }

    fn is_fresh(&self, session: &Session) -> bool {
        self.clock.now() < session.created_at + FRESH_LOGIN
    }

    async fn check(&self, actor: &Actor, user: &User, password: &str, field: &'static str) -> Result<()> {
        let guess = self.guess(user.id.to_string(), &actor.device).await?;
        if guess.check(password, Some(user.password_hash.clone())).await? {
            return Ok(());
        }
        self.note_failure(actor, "password").await?;
        Err(Violation::new(field, "is wrong").into())
    }

    async fn note(&self, entry: &NewAuditEntry) -> Result<()> {
        let mut work = self.store.begin().await?;
        work.audit().append(entry).await?;
        Ok(work.commit().await?)
    }
}

impl Guess<'_> {
    /// Whether that is the password. A right one makes the wrong ones before it forgotten, whatever becomes of what it
    /// was given for.
    ///
    /// # Errors
    /// `Unavailable` when too many passwords are checked at once.
    pub(crate) async fn check(self, password: &str, hash: Option<PasswordHash>) -> Result<bool> {
        let is_right = self.proofs.passwords.verify(password, hash).await.map_err(Error::Unavailable)?;
        if is_right {
            self.proofs.limits.guessed_right(&self.account, &self.network).await;
        }
        Ok(is_right)
    }
}

/// Locks the actor's account for a change of their own, unless it was given up or suspended since they were let in.
///
/// # Errors
/// `Unauthenticated` when it was.
pub(crate) async fn lock_own(work: &mut dyn UnitOfWork, actor: &Actor, clock: &dyn Clock) -> Result<User> {
    lock_in_use(work, actor.id(), clock).await
}

/// Locks who has proved themselves, unless their password was changed meanwhile, or their account given up or suspended.
///
/// # Errors
/// `Conflict` when the password was changed; `Unauthenticated` when the account may not be used any more.
pub(crate) async fn lock_proven(work: &mut dyn UnitOfWork, known: &User, clock: &dyn Clock) -> Result<User> {
    let user = lock_in_use(work, known.id, clock).await?;
    if user.password_hash != known.password_hash {
        return Err(Error::Conflict("the password was changed meanwhile".to_owned()));
    }
    Ok(user)
}

async fn lock_in_use(work: &mut dyn UnitOfWork, id: UserId, clock: &dyn Clock) -> Result<User> {
    let user = work.users().lock(id).await?.ok_or(Error::NotFound("user"))?;
    // The time is read now: whoever had the lock may have ended the account while this waited for it.
    if user.is_suspended(clock.now()) { Err(Unauthenticated::Banned.into()) } else { Ok(user) }
}
