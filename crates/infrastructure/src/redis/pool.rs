//! Connections for short commands, shared by all that send them.

use std::time::Duration;

use deadpool_redis::{
    BuildError, Connection, Manager, Pool, PoolError, Runtime,
    redis::{self, AsyncConnectionConfig, Client, aio::MultiplexedConnection},
};
use thiserror::Error;

const MAX_CONNECTIONS: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why Redis did not do what it was asked for. Never shows the URL.
#[derive(Debug, Error)]
pub enum RedisError {
    /// The URL is not understood.
    #[error("the URL of Redis is not understood")]
    Url(#[source] redis::RedisError),
    /// The bus does not understand the URL.
    #[error("the URL of Redis is not understood")]
    BusUrl(#[source] fred::error::Error),
    /// The pool cannot be made.
    #[error("the pool of connections to Redis cannot be made")]
    Pool(#[from] BuildError),
    /// No connection can be had.
    #[error("Redis cannot be reached")]
    Unreachable(#[from] PoolError),
    /// The command failed.
    #[error("Redis failed")]
    Failed(#[from] redis::RedisError),
    /// No answer in time.
    #[error("Redis does not answer in time")]
    Timeout(#[from] tokio::time::error::Elapsed),
}

/// A pool of connections, made when they are needed, and the prefix of all keys.
#[derive(Clone)]
pub struct RedisPool {
    pool: Pool,
    client: Client,
    prefix: String,
}

impl RedisPool {
    /// A pool for the server at `url`; it need not answer yet.
    ///
    /// # Errors
    /// When the URL is not understood.
    pub fn new(url: &str, prefix: &str) -> Result<Self, RedisError> {
        let client = Client::open(url).map_err(RedisError::Url)?;
        let config = connection_config(Some(RESPONSE_TIMEOUT));
        let manager = Manager::new_with_config(url, config).map_err(RedisError::Url)?;
        let pool = Pool::builder(manager)
            .max_size(MAX_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .wait_timeout(Some(WAIT_TIMEOUT))
            .build()?;
        Ok(Self { pool, client, prefix: prefix.to_owned() })
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), RedisError> {
        let mut connection = self.get().await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(())
    }

    /// A connection for commands that are answered at once.
    pub(super) async fn get(&self) -> Result<Connection, RedisError> {
        Ok(self.pool.get().await?)
    }

    /// A connection of one's own, for commands that wait on the server: whoever sends one sets the deadline.
    pub(super) async fn dedicated(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = connection_config(None);
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// The full name of a key.
    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.prefix)
    }
}

fn connection_config(response_timeout: Option<Duration>) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(response_timeout)
}
