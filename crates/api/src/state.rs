//! What every operation can reach.

use std::sync::Arc;

use plaza_application::Services;
use plaza_infrastructure::{config::ServerConfig, health::Health, monitor::AskVitals, wiring::Plaza};

/// What every operation can reach; cloning, which each request does, shares it.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) services: Arc<Services>,
    pub(crate) health: Arc<Health>,
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) max_upload_bytes: u64,
    pub(crate) vitals: AskVitals,
}

impl AppState {
    pub(crate) fn new(
        plaza: &Plaza,
        server: &ServerConfig,
        max_upload_bytes: u64,
        vitals: AskVitals,
    ) -> Self {
        Self {
            services: Arc::new(plaza.services.clone()),
            health: Arc::new(plaza.health.clone()),
            server: Arc::new(server.clone()),
            max_upload_bytes,
            vitals,
        }
    }
}
