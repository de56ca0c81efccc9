//! Chooses adapters by URL.

use std::{path::Path, sync::Arc, time::Duration};

use plaza_application::{
    in_process::{
        LocalBus, LocalGuessLimiter, LocalOneTimeStore, LocalPresence, LocalQueue, LocalRateLimiter,
    },
    ports::{
        AccessTokens, BlobStore, EventBus, GuessLimiter, IdentityProvider, KeyRing, Mailer, OneTimeStore,
        PresenceStore, RateLimiter, Scanner, TaskQueue,
    },
};
use plaza_domain::{Clock, IdGenerator};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::StartError;
use crate::{
    config::{AuthConfig, Config, TokenAlgorithm},
    db::{self, DatabaseSettings, SeaOrmStore},
    files::FileBlobStore,
    mail::{LogMailer, MailAddress, SmtpMailer},
    oidc::{HttpClientError, OpenIdProvider},
    redis::{
        RedisBus, RedisError, RedisGuessLimiter, RedisOneTimeStore, RedisPool, RedisPresence, RedisQueue,
        RedisRateLimiter,
    },
    s3::{S3BlobStore, S3Error, S3Settings},
    scan::ClamdScanner,
    security::{Ed25519KeyRing, JwtAccessTokens, SecretError, ServerSecret},
};

/// Where mails are kept that nobody sends, in the data folder.
const OUTBOX: &str = "outbox";
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The start waits no longer for a bucket.
const BUCKET_PATIENCE: Duration = Duration::from_secs(5);
/// A request waits no longer for a shared rate limit.
const LIMITER_PATIENCE: Duration = Duration::from_millis(100);
/// A connection waits no longer for what other instances know of its user.
const PRESENCE_PATIENCE: Duration = Duration::from_millis(500);

/// What instances share, or what stands in for it in a single one.
pub(super) struct Shared {
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) queue: Arc<dyn TaskQueue>,
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) guesses: Arc<dyn GuessLimiter>,
    pub(super) one_time: Arc<dyn OneTimeStore>,
    pub(super) presence: Arc<dyn PresenceStore>,
    pub(super) redis: Option<RedisPool>,
}

pub(super) async fn database(config: &Config) -> Result<SeaOrmStore, StartError> {
    let url = config.database_url();
    let settings = DatabaseSettings {
        url: url.expose().to_owned(),
        max_connections: config.database.max_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
    };
    let store =
        db::connect(&settings).await.map_err(|source| StartError::Database { url: url.clone(), source })?;
    db::migrate(&store).await.map_err(|source| StartError::Migration { url, source })?;
    Ok(store)
}

pub(super) async fn storage(
    config: &Config,
    ids: Arc<dyn IdGenerator>,
    tracker: &TaskTracker,
) -> Result<Arc<dyn BlobStore>, StartError> {
    let url = config.storage_url();
    if let Some(settings) = config.storage.s3() {
        return bucket(&settings, ids, tracker).await.map_err(|source| StartError::Bucket { url, source });
    }
    let root = Path::new(url.path());
    let store = FileBlobStore::open(root, ids)
        .await
        .map_err(|source| StartError::Storage { path: root.to_owned(), source })?;
    Ok(Arc::new(store))
}

/// A bucket that does not answer may do so later, and readiness tells; one that refuses is told at once.
async fn bucket(
    settings: &S3Settings,
    ids: Arc<dyn IdGenerator>,
    tracker: &TaskTracker,
) -> Result<Arc<dyn BlobStore>, S3Error> {
    let store = S3BlobStore::new(settings, ids, tracker.clone())?;
    match timeout(BUCKET_PATIENCE, store.verify()).await {
        Ok(Ok(())) => {}
        Ok(Err(S3Error::Unavailable(cause))) => {
            tracing::warn!(error = ?cause, "the bucket for files does not answer yet");
        }
        Ok(Err(refused)) => return Err(refused),
        Err(_) => tracing::warn!("the bucket for files does not answer yet"),
    }
    Ok(Arc::new(store))
}

/// It need not answer yet: files wait for it.
pub(super) fn scanner(config: &Config) -> Option<Arc<dyn Scanner>> {
    config.scan.clamd().map(|settings| Arc::new(ClamdScanner::new(settings)) as Arc<dyn Scanner>)
}

/// It need not answer yet: mails wait for it.
pub(super) fn mailer(config: &Config) -> Result<Arc<dyn Mailer>, StartError> {
    let mail = &config.mail;
    let unusable = |reason: String| StartError::Mail { url: mail.url.clone(), reason };
    let sender = mail.sender().map_err(|error| unusable(format!("mail.from {error}")))?;
    Ok(match mail.address().map_err(|rule| unusable(rule.to_owned()))? {
        MailAddress::Log => {
            if config.auth.require_verified_email {
                tracing::warn!(
                    "auth.require_verified_email is on, but mails only go into the log: nobody else can confirm an address"
                );
            }
            Arc::new(LogMailer::new(config.data_dir.join(OUTBOX), sender))
        }
        MailAddress::Smtp(address) => {
            let mailer = SmtpMailer::new(&address, sender, mail.timeout());
            Arc::new(mailer.map_err(|error| unusable(error.to_string()))?)
        }
    })
}

/// They need not answer yet: nothing is asked of them before somebody wants to log in.
pub(super) fn identity_providers(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn IdentityProvider>>, HttpClientError> {
    let providers = config.oidc.providers(&config.public_url()).into_iter();
    let connected = providers.map(|settings| {
        let provider = OpenIdProvider::new(settings, Arc::clone(clock))?;
        Ok(Arc::new(provider) as Arc<dyn IdentityProvider>)
    });
    connected.collect()
}

/// How access tokens are signed, and the keys for it when they are rotated.
pub(super) struct Signing {
    pub(super) access_tokens: Arc<dyn AccessTokens>,
    pub(super) key_ring: Option<Arc<dyn KeyRing>>,
}

pub(super) fn signing(auth: &AuthConfig, secret: &ServerSecret) -> Result<Signing, SecretError> {
    let (issuer, audience) = (&auth.issuer, &auth.audience);
    Ok(match auth.algorithm {
        TokenAlgorithm::HS256 => Signing {
            access_tokens: Arc::new(JwtAccessTokens::with_secret(secret, issuer, audience)),
            key_ring: None,
        },
        TokenAlgorithm::EdDSA => {
            let ring = Arc::new(Ed25519KeyRing::new(secret)?);
            let tokens = JwtAccessTokens::with_key_ring(Arc::clone(&ring), issuer, audience);
            Signing { access_tokens: Arc::new(tokens), key_ring: Some(ring) }
        }
    })
}

/// Reads or writes a small file once, before anything is served.
pub(super) fn secret(config: &Config) -> Result<ServerSecret, SecretError> {
    match &config.auth.secret {
        Some(secret) => Ok(ServerSecret::new(secret.expose())),
        None => ServerSecret::load_or_create(&config.data_dir),
    }
}

/// `instance` tells this process from all others; tasks belong to `tracker` and end on `shutdown`.
pub(super) fn shared(
    config: &Config,
    clock: Arc<dyn Clock>,
    instance: Uuid,
    tracker: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<Shared, StartError> {
    let limiter = LocalRateLimiter::new(Arc::clone(&clock));
    let guesses = LocalGuessLimiter::new(clock);
    let Some(url) = &config.redis.url else {
        return Ok(Shared {
            bus: Arc::new(LocalBus::new()),
            queue: Arc::new(LocalQueue::new()),
            limiter: Arc::new(limiter),
            guesses: Arc::new(guesses),
            one_time: Arc::new(LocalOneTimeStore::new()),
            presence: Arc::new(LocalPresence::new()),
            redis: None,
        });
    };
    let failed = |source: RedisError| StartError::Redis { url: url.clone(), source };
    let prefix = &config.redis.prefix;
    let pool = RedisPool::new(url.expose(), prefix).map_err(failed)?;
    let presence = RedisPresence::new(pool.clone(), instance, config.presence.ttl(), PRESENCE_PATIENCE);
    Ok(Shared {
        bus: RedisBus::start(url.expose(), prefix, instance, tracker, shutdown).map_err(failed)?,
        queue: Arc::new(RedisQueue::new(pool.clone())),
        limiter: RedisRateLimiter::new(pool.clone(), limiter, LIMITER_PATIENCE),
        guesses: RedisGuessLimiter::new(pool.clone(), guesses, LIMITER_PATIENCE),
        one_time: Arc::new(RedisOneTimeStore::new(pool.clone())),
        presence: Arc::new(presence),
        redis: Some(pool),
    })
}
