//! The log: to standard error, as text or as JSON lines.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use crate::config::{LogConfig, LogFormat};

/// Libraries that say again what Plaza says itself, like the Redis client of failures that are handled. Naming them in
/// `log.level` brings them back.
const QUIET: &str = "poem=warn,sea_orm_migration=warn,fred=off";

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// `log.level` is not understood.
    #[error("log.level is not understood")]
    Filter(#[from] ParseError),
    /// Something else in this process logs already.
    #[error("the log was set up before")]
    Taken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sets the log of this process up; once.
///
/// # Errors
/// When the level is not understood, or the log was set up before.
pub fn init(config: &LogConfig) -> Result<(), LoggingError> {
    let filter = EnvFilter::builder().parse(format!("{QUIET},{}", config.level))?;
    let subscriber = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // Where nobody reads the log any more, saying so would panic.
        .log_internal_errors(false);
    match config.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    }
    .map_err(LoggingError::Taken)
}
