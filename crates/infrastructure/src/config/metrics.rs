//! `[metrics]`: where a server tells how it is doing.

use std::net::SocketAddr;

use serde::Deserialize;

use super::server::optional_listen_address;

/// Where a server tells how it is doing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address and port of `/metrics` and `/healthz`, which need no login: not to be reached from outside. Off by
    /// default. A `plaza-worker` has `worker.listen` instead, so that both may share a file and a machine.
    #[serde(deserialize_with = "optional_listen_address")]
    pub listen: Option<SocketAddr>,
}
