//! A running Plaza: ports, services, and the tasks behind them.

use std::{sync::Arc, time::Duration};

use plaza_application::{LimitSettings, MailSettings, MessageSettings, Ports, Result, Services, Settings};
use plaza_domain::{Clock, IdGenerator, Store};
use tokio::time::{Instant, timeout_at};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{StartError, adapters};
use crate::{
    clock::{SystemClock, UuidV7Generator},
    config::Config,
    content::{CommonMark, HeadInspector},
    db::SeaOrmStore,
    health::Health,
    mail::Templates,
    security::{BcryptPasswords, HmacUrlSigner, OpaqueSecrets, SealedTotp},
};

/// How many transactions of an instance store messages at a time on Postgres; SQLite has one writer.
const POSTGRES_LANES: usize = 4;

/// How long what was begun may take to end when Plaza does not start.
const FAILURE_DEADLINE: Duration = Duration::from_secs(2);

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serves clients, and may run a worker inside.
    Server,
    /// Does background work and nothing else.
    Worker,
}

/// A running Plaza, without the edge that clients see.
pub struct Plaza {
    /// What the services stand on.
    pub ports: Ports,
    /// The use cases.
    pub services: Services,
    /// Tasks that must have ended before the process does; whoever starts one spawns it here.
    pub tracker: TaskTracker,
    /// Cancelled when the process is to end.
    pub shutdown: CancellationToken,
    /// Whether what Plaza depends on answers.
    pub health: Health,
    store: Arc<SeaOrmStore>,
    /// Adapters outlive those who use them, so that the last event is still sent.
    adapters: Background,
}

struct Background {
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Plaza {
    /// Connects to everything, brings the database up to date, and starts the services.
    ///
    /// # Errors
    /// When something cannot be used or reached; Redis need not answer yet.
    pub async fn connect(config: &Config, role: Role) -> std::result::Result<Self, StartError> {
        let on_postgres = config.database_url().is_postgres();
        if role == Role::Worker && config.redis.url.is_none() && !on_postgres {
            return Err(StartError::WorkerWithoutQueue);
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7Generator);
        let secret = adapters::secret(config)?;
        let store = Arc::new(adapters::database(config).await?);
        let adapters = Background { tracker: TaskTracker::new(), shutdown: CancellationToken::new() };
        let blobs = adapters::storage(config, Arc::clone(&ids), &adapters.tracker).await?;
        let shared =
            adapters::shared(config, Arc::clone(&clock), ids.next(), &adapters.tracker, &adapters.shutdown)?;
        let scanner = adapters::scanner(config);
        let health = Health::new(
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&blobs),
            shared.redis.clone(),
            scanner.clone(),
        );
        let identity_providers = adapters::identity_providers(config, &clock)?;
        let signing = adapters::signing(&config.auth, &secret)?;
        let ports = Ports {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock,
            ids,
            bus: shared.bus,
            queue: shared.queue,
            blobs,
            passwords: Arc::new(BcryptPasswords::new(&secret, config.auth.bcrypt_cost)),
            access_tokens: signing.access_tokens,
            key_ring: signing.key_ring,
            identity_providers,
            secrets: Arc::new(OpaqueSecrets::new(&secret)),
            totp: Arc::new(SealedTotp::new(&secret, &config.auth.issuer)?),
            url_signer: Arc::new(HmacUrlSigner::new(&secret)),
            mail_templates: Arc::new(Templates::new(config.public_url(), config.mail.reply_to.clone())),
            mailer: adapters::mailer(config)?,
            markup: Arc::new(CommonMark::new()),
            media: Arc::new(HeadInspector),
            scanner,
            limiter: shared.limiter,
            guesses: shared.guesses,
            one_time: shared.one_time,
            presence: shared.presence,
        };
        let settings = Settings {
            auth: config.auth.settings(),
            uploads: config.uploads.settings(),
            limits: LimitSettings {
                daily_uploads_per_user: config.uploads.daily(),
                ..config.limits.settings()
            },
            messages: MessageSettings {
                lanes: if on_postgres { POSTGRES_LANES } else { 1 },
                max_replay: config.limits.max_replay,
            },
            oidc: config.oidc.settings(&config.public_url()),
            presence: config.presence.settings(),
            mail: MailSettings { public_url: config.public_url() },
        };
        let tracker = TaskTracker::new();
        let shutdown = CancellationToken::new();
        let services = Services::start(&ports, &settings, &tracker, &shutdown);
        let plaza = Self { ports, services, tracker, shutdown, health, store, adapters };
        // Nobody else signs or checks tokens.
        if role == Role::Server
            && let Err(source) = plaza.start_signing().await
        {
            plaza.stop(FAILURE_DEADLINE).await;
            return Err(StartError::SigningKeys { source });
        }
        Ok(plaza)
    }

    async fn start_signing(&self) -> Result<()> {
        let keys = &self.services.signing_keys;
        keys.prepare().await?;
        keys.watch(&self.tracker, self.shutdown.clone());
        Ok(())
    }

    /// Ends the services, then the adapters, within `deadline`. Whatever did not end in time is left to the end of the
    /// process; what was acknowledged is safe either way.
    pub async fn stop(self, deadline: Duration) {
        let deadline = Instant::now() + deadline;
        self.shutdown.cancel();
        let services = wait(&self.tracker, deadline).await;
        self.adapters.shutdown.cancel();
        let adapters = wait(&self.adapters.tracker, deadline).await;
        if services + adapters > 0 {
            tracing::warn!(tasks.left = services + adapters, "some tasks did not end in time");
        }
        match timeout_at(deadline, self.store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the database was not closed");
            }
            Err(_) => tracing::warn!("the database was not closed in time"),
        }
    }
}

/// How many tasks are left.
async fn wait(tracker: &TaskTracker, deadline: Instant) -> usize {
    tracker.close();
    // Nothing may be left when the time is up: then this is no failure.
    let _ = timeout_at(deadline, tracker.wait()).await;
    tracker.len()
}
