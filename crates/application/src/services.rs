//! All services, wired to their ports.

use std::sync::Arc;

use plaza_domain::{Clock, IdGenerator, Store};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Settings,
    ports::{
        AccessTokens, BlobStore, EventBus, Markup, MediaInspector, OneTimeStore, PasswordHasher, RateLimiter,
        Secrets, TaskQueue,
    },
};

/// What the services need.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Events between instances.
    pub bus: Arc<dyn EventBus>,
    /// Wake-ups for workers.
    pub queue: Arc<dyn TaskQueue>,
    /// Bytes of files.
    pub blobs: Arc<dyn BlobStore>,
    /// Passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Opaque tokens.
    pub secrets: Arc<dyn Secrets>,
    /// Markdown.
    pub markup: Arc<dyn Markup>,
    /// A look at uploads.
    pub media: Arc<dyn MediaInspector>,
    /// How often.
    pub limiter: Arc<dyn RateLimiter>,
    /// Secrets that work once.
    pub one_time: Arc<dyn OneTimeStore>,
}

/// All services.
#[derive(Clone)]
pub struct Services {}

impl Services {
    /// Wires the services. Their background tasks belong to `tracker` and end on `shutdown`.
    pub fn start(
        _ports: &Ports,
        _settings: &Settings,
        _tracker: &TaskTracker,
        _shutdown: CancellationToken,
    ) -> Self {
        Self {}
    }
}
