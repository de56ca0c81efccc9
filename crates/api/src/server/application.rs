//! Builds the server, runs it, and ends it in order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use plaza_infrastructure::{
    config::Config,
    monitor::{Monitor, MonitorError},
    wiring::{Plaza, Role, StartError},
};
use plaza_worker::MediaSettings;
use poem::{Response, Server, endpoint::BoxEndpoint};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{acceptor::PlazaAcceptor, open_files::raise_limit};
use crate::{
    routes::app,
    state::AppState,
    ws::{Hub, WsSettings, WsState},
};

/// How long requests that have begun may take once the server is asked to stop.
const DRAIN_DEADLINE: Duration = Duration::from_secs(15);
/// How long everything else may take after that; the whole stays below 30 s.
const STOP_DEADLINE: Duration = Duration::from_secs(27);

/// How much of that the tasks of a worker inside have; what did not end is given back in the rest.
const WORKER_DRAIN: Duration = Duration::from_secs(8);
/// How many requests one HTTP/2 connection may have under way; connections themselves are counted by the acceptor.
const MAX_STREAMS: u32 = 100;

/// Why the server does not run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Something that it depends on cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (server.listen): {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be watched over.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// The server ended by itself.
    #[error("the server failed: {0}")]
    Run(#[source] io::Error),
}

/// A server that listens, and is ready to run.
pub struct Application {
    plaza: Plaza,
    acceptor: PlazaAcceptor,
    endpoint: BoxEndpoint<'static, Response>,
    connections: CancellationToken,
}

impl Application {
    /// Connects to everything and listens; `server.listen` with port 0 takes a free one. A worker inside does its
    /// media work as `media` says.
    ///
    /// # Errors
    /// What is missing, for an operator to read.
    pub async fn build(config: Config, media: MediaSettings) -> Result<Self, ServeError> {
        let address = config.server.listen;
        // The address comes first: when another server has it, nothing else shall be touched.
        let acceptor = PlazaAcceptor::bind(address, config.server.max_connections)
            .map_err(|source| ServeError::Listen { address, source })?;
        raise_limit(config.server.max_connections);
        let plaza = Plaza::connect(&config, Role::Server).await?;
        let connections = plaza.shutdown.child_token();
        let hub = Hub::start(
            &plaza.services,
            &*plaza.ports.bus,
            config.server.recheck_interval(),
            &plaza.tracker,
            connections.clone(),
        );
        if config.redis.url.is_none() {
            plaza.services.user_admin.watch_command_line(&plaza.tracker, plaza.shutdown.clone());
        }
        let monitor = match config.metrics.listen {
            Some(address) => Some(Monitor::start("metrics.listen", address).await?),
            None => None,
        };
        let pulse =
            config.embedded_worker().then(|| plaza_worker::start(&plaza, &config, media, WORKER_DRAIN));
        let vitals = plaza_worker::vitals(pulse);
        if let Some(monitor) = monitor {
            monitor.spawn(Arc::clone(&vitals), &plaza.tracker, plaza.shutdown.clone());
        }
        let state = AppState::new(&plaza, &config.server, config.uploads.max_bytes, vitals);
        let ws = Arc::new(WsState {
            services: Arc::clone(&state.services),
            hub,
            clock: Arc::clone(&plaza.ports.clock),
            ids: Arc::clone(&plaza.ports.ids),
            settings: WsSettings {
                allow_query_token: config.server.allow_query_token,
                heartbeat_interval: config.server.heartbeat_interval(),
                recheck_interval: config.server.recheck_interval(),
            },
        });
        let endpoint = app(state, ws, Arc::clone(&plaza.ports.ids));
        Ok(Self { plaza, acceptor, endpoint, connections })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// Serves until `stop`; then in this order: no new connections, `reconnect` to WebSocket clients, requests that
    /// have begun, messages and tasks that were accepted, the adapters.
    ///
    /// # Errors
    /// When the server ended by itself.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { plaza, acceptor, endpoint, connections } = self;
        tracing::info!(server.address = %acceptor.address(), "listening");
        let stop = async {
            stop.await;
            connections.cancel();
        };
        let served = Server::new_with_acceptor(acceptor)
            .http2_max_concurrent_streams(MAX_STREAMS)
            .run_with_graceful_shutdown(endpoint, stop, Some(DRAIN_DEADLINE))
            .await;
        plaza.stop(STOP_DEADLINE.saturating_sub(DRAIN_DEADLINE)).await;
        tracing::info!("stopped");
        served.map_err(ServeError::Run)
    }
}
