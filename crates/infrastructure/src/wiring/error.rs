//! Why Plaza does not start, in words for an operator.

use std::{error::Error, fmt, io, path::PathBuf};

use plaza_domain::RepositoryError;
use thiserror::Error as ThisError;

use crate::{
    config::ConnectionUrl, db::ConnectError, oidc::HttpClientError, redis::RedisError, s3::S3Error,
    security::SecretError,
};

/// Why Plaza does not start. What it displays is complete: nobody needs to ask for its causes.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// A worker on its own would never learn of a task.
    #[error(
        "plaza-worker needs redis.url, or a Postgres in database.url that it can poll: with SQLite and without Redis \
         the server does the work itself, and needs no other worker"
    )]
    WorkerWithoutQueue,
    /// The database cannot be opened.
    #[error("database.url: {url} cannot be opened: {}", Chain(source))]
    Database {
        /// Where it is.
        url: ConnectionUrl,
        /// Why.
        source: ConnectError,
    },
    /// The database cannot be brought up to date.
    #[error("database.url: {url} cannot be migrated: {}", Chain(source))]
    Migration {
        /// Where it is.
        url: ConnectionUrl,
        /// Why.
        source: RepositoryError,
    },
    /// The address of Redis cannot be used.
    #[error("redis.url: {url} cannot be used: {}", Chain(source))]
    Redis {
        /// Where it is.
        url: ConnectionUrl,
        /// Why.
        source: RedisError,
    },
    /// The folder for files cannot be used.
    #[error("storage.url: the folder {} cannot be used: {source}", path.display())]
    Storage {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bucket for files cannot be used.
    #[error("storage.url: {url} cannot be used: {}", Chain(source))]
    Bucket {
        /// Where it is.
        url: ConnectionUrl,
        /// Why.
        source: S3Error,
    },
    /// Mail cannot be sent as it is configured.
    #[error("mail.url: {url} cannot be used: {reason}")]
    Mail {
        /// Where it would go.
        url: ConnectionUrl,
        /// Why not.
        reason: String,
    },
    /// The keys that access tokens are signed with cannot be had.
    #[error("the signing keys cannot be read or made: {}", Chain(source))]
    SigningKeys {
        /// Why.
        source: plaza_application::Error,
    },
    /// Login providers cannot be spoken to.
    #[error("oidc.providers: {}", Chain(source))]
    LoginProviders {
        /// Why.
        #[from]
        source: HttpClientError,
    },
    /// The server's secret cannot be had.
    #[error("auth.secret: {}", Chain(source))]
    Secret {
        /// Why.
        #[from]
        source: SecretError,
    },
}

/// An error with all its causes, on one line.
struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
