//! What an operator can set: one section a file. Each section has its defaults, and says what is wrong with it.
//!
//! [`Config::load`] reads the defaults, `plaza.toml`, the environment and the flags, in this order; later wins.

mod auth;
mod database;
mod limits;
mod list;
mod log;
mod mail;
mod metrics;
mod oidc;
mod presence;
mod problem;
mod queues;
mod redis;
mod scan;
mod secret;
mod server;
mod sources;
mod storage;
mod uploads;
mod worker;

use std::path::PathBuf;

use serde::Deserialize;

pub use auth::{AuthConfig, TokenAlgorithm};
pub use database::DatabaseConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use mail::MailConfig;
pub use metrics::MetricsConfig;
pub use oidc::{OidcConfig, OidcProviderConfig};
pub use presence::PresenceConfig;
pub use problem::{ConfigError, Problem};
pub use queues::{QueueConfig, QueueShare, QueuesConfig};
pub use redis::RedisConfig;
pub use scan::ScanConfig;
pub use secret::{ConnectionUrl, SecretText};
pub use server::{AddressRange, ServerConfig};
pub use sources::{Overrides, Sources};
pub use storage::StorageConfig;
pub use uploads::UploadsConfig;
pub use worker::WorkerConfig;

/// All of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where files go that Plaza makes itself: the database, uploads and the secret, unless they are told otherwise.
    pub data_dir: PathBuf,
    /// Listening, and what is taken from the network.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// What instances share, when there are several.
    pub redis: RedisConfig,
    /// Where the bytes of files are kept.
    pub storage: StorageConfig,
    /// Passwords and tokens.
    pub auth: AuthConfig,
    /// How mails go out.
    pub mail: MailConfig,
    /// Who else knows who somebody is.
    pub oidc: OidcConfig,
    /// How often things may be done.
    pub limits: LimitsConfig,
    /// Uploads.
    pub uploads: UploadsConfig,
    /// Who looks through them.
    pub scan: ScanConfig,
    /// Who is there.
    pub presence: PresenceConfig,
    /// Background work.
    pub worker: WorkerConfig,
    /// Where a server tells how it is doing.
    pub metrics: MetricsConfig,
    /// The log.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            server: ServerConfig::default(),
            database: DatabaseConfig::default(),
            redis: RedisConfig::default(),
            storage: StorageConfig::default(),
            auth: AuthConfig::default(),
            mail: MailConfig::default(),
            oidc: OidcConfig::default(),
            limits: LimitsConfig::default(),
            uploads: UploadsConfig::default(),
            scan: ScanConfig::default(),
            presence: PresenceConfig::default(),
            worker: WorkerConfig::default(),
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Config {
    /// The database, by default in the data folder.
    pub fn database_url(&self) -> ConnectionUrl {
        self.database.url.clone().unwrap_or_else(|| self.in_data_dir("sqlite", "plaza.db"))
    }

    /// The object store, by default in the data folder.
    pub fn storage_url(&self) -> ConnectionUrl {
        self.storage.url.clone().unwrap_or_else(|| self.in_data_dir("file", "files"))
    }

    /// Where users find the server, without a slash at its end; by default where it listens.
    pub fn public_url(&self) -> String {
        match &self.server.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.server.listen),
        }
    }

    /// Whether the server runs a worker inside: by default when nothing tells that there is one outside.
    pub fn embedded_worker(&self) -> bool {
        self.worker.embedded.unwrap_or(self.redis.url.is_none())
    }

    /// Whether other instances may share the database or the bus, so that they must share the secret too.
    pub fn is_distributed(&self) -> bool {
        self.redis.url.is_some() || self.database_url().is_postgres()
    }

    fn in_data_dir(&self, scheme: &str, name: &str) -> ConnectionUrl {
        ConnectionUrl::new(format!("{scheme}:{}", self.data_dir.join(name).display()))
    }

    fn validate(&self, problems: &mut Vec<Problem>) {
        if self.data_dir.as_os_str().is_empty() {
            problems.push(Problem::new("data_dir", "must name a folder"));
        }
        self.server.validate(problems);
        self.database.validate(problems);
        self.redis.validate(problems);
        self.storage.validate(problems);
        self.auth.validate(problems);
        if self.is_distributed() && self.auth.secret.is_none() {
            let rule = "is required with Redis or Postgres, because all instances must share it: \
                        at least 32 random bytes, for example the output of `openssl rand -base64 48`";
            problems.push(Problem::new("auth.secret", rule));
        }
        self.mail.validate(self.server.public_url.as_deref(), problems);
        self.oidc.validate(problems);
        self.limits.validate(problems);
        self.uploads.validate(problems);
        self.scan.validate(self.uploads.max_bytes, problems);
        self.presence.validate(problems);
        self.worker.validate(problems);
        self.log.validate(problems);
    }
}

#[cfg(test)]
mod tests;
