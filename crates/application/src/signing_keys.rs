//! The keys that access tokens are signed with: made, made known, and replaced.
//!
//! All instances share them through the database. A new key is announced first, so that every instance, and everybody
//! else who checks tokens, has read it when it begins to sign; the old one goes on checking until the last token that
//! it signed has expired.

use std::{sync::Arc, time::Duration};

use plaza_domain::{
    AuditAction, Clock, SigningKey, Store, Timestamp, UnitOfWork, repository::RepositoryError,
};
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    AuthSettings, Error, Operator, Ports, Result, audit,
    ports::{KeyRing, PublicKey},
};

/// How much longer than its last token a key checks: clocks differ, and an instance may read late of its successor.
const OVERLAP: Duration = Duration::from_secs(60);
/// In the time of an announcement, keys are read so many times.
const READS_AN_ANNOUNCEMENT: u32 = 5;
/// How often keys are read at most, and at least.
const READ_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often an instance tries to be the one that makes the first key, or to read the one that another made.
const ATTEMPTS: usize = 3;

/// Signing keys.
pub struct SigningKeyService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ring: Option<Arc<dyn KeyRing>>,
    settings: AuthSettings,
}

impl SigningKeyService {
    pub(crate) fn new(ports: &Ports, settings: AuthSettings) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ring: ports.key_ring.clone(),
            settings,
        }
    }

    /// Reads the keys, and makes the first one when there is none that can be used.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn prepare(&self) -> Result<()> {
        let Some(ring) = &self.ring else { return Ok(()) };
        for _ in 0..ATTEMPTS {
            if self.read(&**ring).await? {
                return Ok(());
            }
            match self.make_first(&**ring).await {
                // Whoever made it, it is read now.
                Ok(()) | Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Internal("there is no key to sign with, though one was made".into()))
    }

    /// Reads the keys now and then, in a task that belongs to `tracker` and ends on `shutdown`.
    pub fn watch(self: &Arc<Self>, tracker: &TaskTracker, shutdown: CancellationToken) {
        if self.ring.is_none() {
            return;
        }
        let keys = Arc::clone(self);
        let (most_often, least_often) = READ_EVERY;
        let every = (self.settings.key_announcement / READS_AN_ANNOUNCEMENT).clamp(most_often, least_often);
        tracker.spawn(async move {
            while shutdown.run_until_cancelled(sleep(every)).await.is_some() {
                if let Err(error) = keys.prepare().await {
                    tracing::warn!(error = ?error, "the signing keys could not be read; trying again");
                }
            }
        });
    }

    /// Makes a key that signs once it was announced for long enough, and says until when those before it check. Only the
    /// command line orders it.
    ///
    /// # Errors
    /// `Conflict` when there are no keys to rotate, one is announced already, or somebody else rotates them.
    pub async fn rotate(&self) -> Result<SigningKey> {
        let ring = self.ring.as_ref().ok_or_else(|| {
            Error::Conflict("auth.algorithm is HS256: its key follows from auth.secret".to_owned())
        })?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        work.signing_keys().delete_retired(now).await?;
        let keys = work.signing_keys().list(now).await?;
        ring.hold(&keys);
        let held = ring.published();
        // Keys of another secret are somebody else's: whoever has the wrong configuration does no harm.
        let ours = || keys.iter().filter(|key| held.iter().any(|held| held.kid == key.kid));
        if let Some(next) = ours().find(|key| key.signs_from > now) {
            let (kid, from) = (&next.kid, next.signs_from.format("%FT%TZ"));
            return Err(Error::Conflict(format!("key {kid} is announced already, and signs from {from} on")));
        }
        let signs_from = now + self.settings.key_announcement;
        let numbers: Vec<i64> = ours().map(|key| key.number).collect();
        let verifies_until = signs_from + self.settings.access_ttl + OVERLAP;
        work.signing_keys().retire(&numbers, verifies_until).await?;
        let key = self.insert(&mut *work, &**ring, &keys, signs_from).await?;
        let entry = audit::by_operator(Operator::CommandLine, AuditAction::KeysRotated);
        work.audit().append(&entry.with("kid", key.kid.clone())).await?;
        work.commit().await?;
        tracing::info!(key.id = %key.kid, key.signs_from = %key.signs_from, "a signing key was announced");
        Ok(key)
    }

    /// The keys that tokens are checked with, for everybody; none with a secret one.
    pub fn published(&self) -> Vec<PublicKey> {
        self.ring.as_ref().map(|ring| ring.published()).unwrap_or_default()
    }

    /// How long others may go by what was published: until a new key is announced and signs, they ask again.
    pub fn publication_ttl(&self) -> Duration {
        self.settings.key_announcement / 2
    }

    /// Whether there is one to sign with.
    async fn read(&self, ring: &dyn KeyRing) -> Result<bool> {
        let keys = self.store.read().await?.signing_keys().list(self.clock.now()).await?;
        let foreign = ring.hold(&keys);
        if foreign > 0 && ring.published().is_empty() {
            tracing::warn!(keys.foreign = foreign, "all signing keys were sealed with another auth.secret");
        }
        Ok(keys.len() > foreign)
    }

    async fn make_first(&self, ring: &dyn KeyRing) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let keys = work.signing_keys().list(now).await?;
        if ring.hold(&keys) < keys.len() {
            // Another instance was first.
            return Ok(());
        }
        let key = self.insert(&mut *work, ring, &keys, now).await?;
        work.commit().await?;
        tracing::info!(key.id = %key.kid, "a signing key was made");
        Ok(())
    }

    /// Stores a key after `keys`.
    async fn insert(
        &self,
        work: &mut dyn UnitOfWork,
        ring: &dyn KeyRing,
        keys: &[SigningKey],
        signs_from: Timestamp,
    ) -> Result<SigningKey> {
        let new = ring.generate().map_err(Error::Internal)?;
        let key = SigningKey {
            number: keys.last().map_or(0, |last| last.number) + 1,
            kid: new.kid,
            public_key: new.public_key,
            sealed_key: new.sealed_key,
            created_at: self.clock.now(),
            signs_from,
            verifies_until: None,
        };
        match work.signing_keys().insert(&key).await {
            Err(RepositoryError::Conflict { .. }) => {
                Err(Error::Conflict("somebody else makes a key at this moment".to_owned()))
            }
            stored => Ok(stored.map(|()| key)?),
        }
    }
}
