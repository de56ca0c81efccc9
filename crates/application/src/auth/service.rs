//! Accounts are made, users log in and out, and every request proves who makes it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use plaza_domain::{
    AuditAction, Clock, Device, DisplayName, Email, IdGenerator, NewAuditEntry, Session, SessionId, Store,
    SystemRole, Timestamp, User, UserId, Username, Validator,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    begin::LoginMethod,
    enroll::{crown_first, insert},
    password_rules::parse_password,
    uses::Uses,
};
use crate::{
    Actor, AuthSettings, Error, Ports, Result, Unauthenticated,
    events::{Event, UserEvent},
    invitations,
    mail::Postbox,
    messages::RecentSenders,
    policy::{authorize_session, requires_second_factor},
    ports::{AccessClaims, AccessTokens, EventBus, OneTimeStore, PasswordHasher, Secrets, TokenRejection},
    proofs::Proofs,
    second_factors::SecondFactors,
    verification::ask_for_proof,
};

/// No name that could be an account's is longer.
const LOGIN_KEY_CHARS: usize = 254;
/// How long a revoked session or a changed role may go unnoticed on another instance whose bus lost the news.
const ACTOR_CACHE_TTL: Duration = Duration::from_secs(2);
const ACTOR_CACHE_CAPACITY: u64 = 50_000;

/// What registering takes.
#[derive(Clone)]
pub struct Registration {
    /// The address.
    pub email: String,
    /// The handle.
    pub username: String,
    /// The name that others see; the handle when there is none.
    pub display_name: Option<String>,
    /// The password.
    pub password: String,
    /// The code of an invitation.
    pub invitation_code: Option<String>,
    /// What the request comes from.
    pub device: Device,
}

/// What a login or a refresh gives.
#[derive(Clone)]
pub struct Login {
    /// Who is logged in.
    pub user: User,
    /// Whether the account was to be erased, and goes on by this login.
    pub is_restored: bool,
    /// By which session.
    pub session_id: SessionId,
    /// A signed token for requests.
    pub access_token: String,
    /// Until when it works.
    pub access_expires_at: Timestamp,
    /// How long it works.
    pub access_ttl: Duration,
    /// An opaque token for the next refresh; none for who shares one that somebody else was just given.
    pub refresh_token: Option<String>,
    /// Until when it works.
    pub refresh_expires_at: Timestamp,
    /// How long it works.
    pub refresh_ttl: Duration,
}

/// A session as it was just read.
struct Known {
    session: Session,
    user: User,
    has_second_factor: bool,
}

/// Frees what is too old to be used: by itself a cache does so only while it is asked, and thousands who have just
/// connected may be silent from then on.
async fn tidy(sessions: Cache<SessionId, Arc<Known>>, shutdown: CancellationToken) {
    let mut interval = interval(ACTOR_CACHE_TTL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        sessions.run_pending_tasks();
    }
}

/// Accounts, logins and tokens.
pub struct AuthService {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    bus: Arc<dyn EventBus>,
    passwords: Arc<dyn PasswordHasher>,
    pub(super) access_tokens: Arc<dyn AccessTokens>,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) one_time: Arc<dyn OneTimeStore>,
    pub(super) second_factors: Arc<SecondFactors>,
    proofs: Arc<Proofs>,
    pub(super) settings: AuthSettings,
    uses: Uses,
    pub(super) postbox: Postbox,
    sessions: Cache<SessionId, Arc<Known>>,
    /// How often something was forgotten of them.
    forgotten: AtomicU64,
    recent_senders: Arc<RecentSenders>,
}

impl AuthService {
    /// When sessions were used is written in the background, and what is remembered of them let go when it is old, by two
    /// tasks that belong to `tracker` and end on `shutdown`.
    pub(crate) fn start(
        ports: &Ports,
        settings: AuthSettings,
        (proofs, second_factors, recent_senders): (Arc<Proofs>, Arc<SecondFactors>, Arc<RecentSenders>),
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let (store, clock) = (Arc::clone(&ports.store), Arc::clone(&ports.clock));
        let sessions = Cache::builder()
            .max_capacity(ACTOR_CACHE_CAPACITY)
            .time_to_live(ACTOR_CACHE_TTL)
            .support_invalidation_closures()
            .build();
        tracker.spawn(tidy(sessions.clone(), shutdown.clone()));
        Self {
            uses: Uses::start(store, clock, tracker, shutdown.clone()),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
            passwords: Arc::clone(&ports.passwords),
            access_tokens: Arc::clone(&ports.access_tokens),
            secrets: Arc::clone(&ports.secrets),
            one_time: Arc::clone(&ports.one_time),
            second_factors,
            proofs,
            settings,
            postbox: Postbox::new(ports),
            sessions,
            forgotten: AtomicU64::new(0),
            recent_senders,
        }
    }

    /// Makes an account, and sends a mail to prove its address by. The first one of a fresh server becomes its admin.
    ///
    /// # Errors
    /// `Invalid`; `Forbidden` when nobody may; `Conflict` when the address or the handle is taken; `Unavailable`.
    pub async fn register(&self, input: Registration) -> Result<User> {
        let mut check = Validator::default();
        let email = check.field(Email::parse(&input.email));
        let username = check.field(Username::parse(&input.username));
        let display_name = check.field(match &input.display_name {
            Some(name) => DisplayName::parse(name),
            None => Ok(DisplayName::from_stored(input.username.trim().to_owned())),
        });
        let names =
            [input.email.as_str(), &input.username, input.display_name.as_deref().unwrap_or_default()];
        let password = parse_password(&*self.passwords, "password", &input.password, &names).await?;
        let password = check.field(password);
        let (email, username, display_name, password) =
            check.finish((email, username, display_name, password))?;

        let password_hash = self.passwords.hash(password).await.map_err(Error::Unavailable)?;
        let now = self.clock.now();
        let id = UserId::new(self.ids.next());
        let mut user = User::new(id, email, username, display_name, password_hash, now);
        user.role = self.settings.default_role;
        let mut work = self.store.begin().await?;
        crown_first(&mut *work, &mut user).await?;
        let (mode, code) = (self.settings.registration, input.invitation_code.as_deref());
        let invitation = invitations::admit(&mut *work, mode, &*self.secrets, code, &mut user).await?;
        insert(&mut *work, &user).await?;
        let posted = ask_for_proof(&self.postbox, &mut *work, &user).await?;
        let entry = NewAuditEntry::by(user.id, &input.device, AuditAction::UserRegistered).about(user.id);
        let entry = entry.with("role", user.role.as_str());
        let entry = match invitation {
            Some(id) => entry.with("invitation_id", id.to_string()),
            None => entry,
        };
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(user)
    }

    /// Checks a password and begins a session. Guesses are counted by the name that is typed: that they are limited tells
    /// nothing about whose it is.
    ///
    /// # Errors
    /// `Unauthenticated`, the same and after the same work for an unknown name and a wrong password; `Suspended` for who
    /// knows the password; `RateLimited`; `Unavailable` when too many log in at once.
    pub async fn login(&self, email_or_username: &str, password: &str, device: Device) -> Result<Login> {
        let guess = self.proofs.guess(login_key(email_or_username), &device).await?;
        let found = self.find_by_login(email_or_username).await?;
        let (known, hash) = found.as_ref().map(|user| (user.id, user.password_hash.clone())).unzip();
        let matches = guess.check(password, hash).await?;
        let Some(user) = found.filter(|_| matches) else {
            self.note_failed_login(known, device).await?;
            return Err(Unauthenticated::Credentials.into());
        };
        self.begin_session(user, device, LoginMethod::Password).await
    }

    /// Who an access token proves its bearer to be.
    ///
    /// # Errors
    /// `Unauthenticated`; `SecondFactorSetupRequired`; `Unavailable`.
    pub async fn authenticate(&self, access_token: &str) -> Result<Actor> {
        let actor = self.authenticate_for_setup(access_token).await?;
        authorize_session(&actor)?;
        Ok(actor)
    }

    /// The same for what those need too who have to set up a second factor before they may do anything else.
    ///
    /// # Errors
    /// `Unauthenticated`; `Unavailable`.
    pub async fn authenticate_for_setup(&self, access_token: &str) -> Result<Actor> {
        let claims = self.access_tokens.verify(access_token).map_err(Unauthenticated::from)?;
        self.known(claims).await
    }

    /// Whether a session that was authenticated before still is, and what its user may do by now; how connections are
    /// checked from time to time.
    ///
    /// # Errors
    /// `Unauthenticated`; `SecondFactorSetupRequired`; `Unavailable`.
    pub async fn recheck(&self, actor: &Actor) -> Result<Actor> {
        let now = self.clock.now();
        let claims = AccessClaims {
            user_id: actor.id(),
            session_id: actor.session_id,
            issued_at: now,
            expires_at: actor.expires_at,
        };
        Ok(Actor { device: actor.device.clone(), ..self.actor(claims).await? })
    }

    pub(crate) async fn actor(&self, claims: AccessClaims) -> Result<Actor> {
        let actor = self.known(claims).await?;
        authorize_session(&actor)?;
        Ok(actor)
    }

    /// What who gets an account may do on the server, where nothing else says so.
    pub(crate) fn default_role(&self) -> SystemRole {
        self.settings.default_role
    }

    /// Whether the server requires a second factor of users with that role.
    pub(crate) fn requires_second_factor(&self, role: SystemRole) -> bool {
        requires_second_factor(self.settings.require_second_factor, role)
    }

    async fn known(&self, claims: AccessClaims) -> Result<Actor> {
        // Who has to prove their address may do so at any moment, on another instance too: then they may go on at once.
        let known = self.sessions.get(&claims.session_id).filter(|owner| !self.must_verify(&owner.user));
        let owner = match known {
            Some(owner) => owner,
            None => {
                let forgotten = self.forgotten.load(Ordering::SeqCst);
                let owner = Arc::new(self.read(claims.session_id).await?);
                self.uses.note(&owner.session, self.clock.now());
                self.sessions.insert(claims.session_id, Arc::clone(&owner));
                // What was read before it was to be forgotten is not remembered after.
                if self.forgotten.load(Ordering::SeqCst) != forgotten {
                    self.sessions.invalidate(&claims.session_id);
                }
                owner
            }
        };
        let Known { session, user, has_second_factor } = &*owner;
        if session.user_id != claims.user_id {
            return Err(Unauthenticated::Token(TokenRejection::Invalid).into());
        }
        if user.is_suspended(self.clock.now()) {
            return Err(Unauthenticated::Banned.into());
        }
        if session.revoked_at.is_some() {
            return Err(Unauthenticated::SessionEnded.into());
        }
        Ok(Actor {
            user: user.summary(),
            role: user.role,
            must_verify_email: self.must_verify(user),
            must_set_up_second_factor: !has_second_factor && self.requires_second_factor(user.role),
            session_id: session.id,
            expires_at: claims.expires_at,
            device: Device::default(),
        })
    }

    fn must_verify(&self, user: &User) -> bool {
        self.settings.require_verified_email && user.email_verified_at.is_none()
    }

    async fn read(&self, session_id: SessionId) -> Result<Known> {
        let mut read = self.store.read().await?;
        let found = read.sessions().find_with_user(session_id).await?;
        let (session, user) = found.ok_or(Unauthenticated::SessionEnded)?;
        // Asked for only where it matters: this is read for every session that is used, again and again.
        let has_second_factor = self.requires_second_factor(user.role)
            && read.totp().find(user.id).await?.is_some_and(|secret| secret.is_confirmed());
        Ok(Known { session, user, has_second_factor })
    }

    /// Forgets what is cached about a session; called when the bus tells that it ended.
    pub fn forget_session(&self, id: SessionId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.sessions.invalidate(&id);
    }

    /// Forgets what is cached about all sessions of a user, and that they may post; called when the bus tells that they
    /// ended.
    pub fn forget_user(&self, id: UserId) {
        self.recent_senders.forget_users();
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        let forgotten = self.sessions.invalidate_entries_if(move |_, owner| owner.user.id == id);
        if let Err(error) = forgotten {
            tracing::error!(error = ?error, "sessions that ended are remembered for a moment");
        }
    }

    pub(crate) async fn find_by_login(&self, name: &str) -> Result<Option<User>> {
        let mut read = self.store.read().await?;
        if let Ok(email) = Email::parse(name) {
            return Ok(read.users().find_by_email(&email).await?);
        }
        match Username::parse(name) {
            Ok(username) => Ok(read.users().find_by_username(&username).await?),
            Err(_) => Ok(None),
        }
    }

    /// Tells every instance that a session is over: its tokens are refused, and its connections closed.
    pub(crate) fn announce_end(&self, user_id: UserId, session_id: SessionId) {
        self.forget_session(session_id);
        self.bus.publish(Event::User(UserEvent::SessionEnded { user_id, session_id }));
    }

    /// Tells every instance that all sessions of a user are over.
    pub(crate) fn announce_end_of_all(&self, user_id: UserId) {
        self.forget_user(user_id);
        self.bus.publish(Event::User(UserEvent::SessionsEnded { user_id }));
    }

    /// Tells every instance that all sessions of a user but one are over.
    pub(crate) fn announce_end_of_others(&self, user_id: UserId, kept: SessionId) {
        self.forget_user(user_id);
        self.bus.publish(Event::User(UserEvent::OtherSessionsEnded { user_id, kept }));
    }
}

/// What attempts to log in are counted by: the name, however it is written. None is like the id of an account.
fn login_key(email_or_username: &str) -> String {
    let name = match (Email::parse(email_or_username), Username::parse(email_or_username)) {
        (Ok(email), _) => email.into_string(),
        (_, Ok(username)) => username.into_string(),
        _ => email_or_username.trim().to_lowercase().chars().take(LOGIN_KEY_CHARS).collect(),
    };
    format!("name:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_the_same_however_it_is_written_and_no_name_is_an_id() {
        for written in ["ada", " ADA ", "Ada"] {
            assert_eq!(login_key(written), "name:ada");
        }
        assert_eq!(login_key(" Ada@Example.ORG"), login_key("ada@example.org"));
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_ne!(login_key(id), id);
        assert!(login_key(&"x".repeat(100_000)).len() < 300, "a name that nobody has makes no large key");
    }
}
