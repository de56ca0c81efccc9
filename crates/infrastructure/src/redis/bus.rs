//! An event bus between instances, by Redis publish and subscribe.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use fred::types::{
    Builder,
    config::{Config, ReconnectPolicy},
};
use plaza_application::{
    events::Event,
    in_process::LocalBus,
    ports::{EventBus, EventStream},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    RedisError,
    listener::Listener,
    publisher::{self, Publisher},
};

/// How many messages of the channel may wait to be looked at.
const RECEIVE_BUFFER: usize = 8192;
const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

/// Delivers to this instance at once, and to the others through Redis as soon as may be.
pub struct RedisBus {
    local: LocalBus,
    outgoing: mpsc::Sender<Arc<Event>>,
    overflowed: Arc<AtomicU64>,
}

impl RedisBus {
    /// A bus on the server at `url`, which need not answer yet. `instance` tells this process from all others.
    /// Its tasks belong to `tracker` and end on `shutdown`, after what was published is sent.
    ///
    /// # Errors
    /// When the URL is not understood.
    pub fn start(
        url: &str,
        prefix: &str,
        instance: Uuid,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Result<Arc<Self>, RedisError> {
        let builder = builder(url)?;
        let channel = format!("{prefix}events");
        let (outgoing, events) = mpsc::channel(publisher::CAPACITY);
        let overflowed = Arc::new(AtomicU64::new(0));
        let local = LocalBus::new();

        let publisher = Publisher {
            client: builder.build().map_err(RedisError::BusUrl)?,
            channel: channel.clone(),
            origin: instance,
            events,
            overflowed: Arc::clone(&overflowed),
        };
        let listener = Listener {
            client: builder.build_subscriber_client().map_err(RedisError::BusUrl)?,
            channel,
            origin: instance,
            local: local.clone(),
        };
        tracker.spawn(publisher.run(shutdown.clone()));
        tracker.spawn(listener.run(shutdown.clone()));
        Ok(Arc::new(Self { local, outgoing, overflowed }))
    }
}

fn builder(url: &str) -> Result<Builder, RedisError> {
    let mut config = Config::from_url(url).map_err(RedisError::BusUrl)?;
    // A server that is not there yet is no other case than one that went away.
    config.fail_fast = false;
    let mut builder = Builder::from_config(config);
    builder
        .with_performance_config(|performance| performance.broadcast_channel_capacity = RECEIVE_BUFFER)
        .with_connection_config(|connection| {
            connection.connection_timeout = CONNECT_TIMEOUT;
            connection.internal_command_timeout = CONNECT_TIMEOUT;
            connection.max_command_attempts = 1;
            connection.reconnect_on_auth_error = true;
            connection.tcp.nodelay = Some(true);
        })
        .set_policy(ReconnectPolicy::new_exponential(0, 100, 3_000, 2));
    Ok(builder)
}

impl EventBus for RedisBus {
    fn publish(&self, event: Event) {
        let event = Arc::new(event);
        self.local.deliver(Arc::clone(&event));
        if self.outgoing.try_send(event).is_err() {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn subscribe(&self) -> EventStream {
        self.local.subscribe()
    }
}
