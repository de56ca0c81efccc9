//! The log: to standard error, as text or as JSON lines.

mod writer;

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

pub use self::writer::Flush;
use self::writer::Lines;
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
    /// There is no thread to write it.
    #[error("the log cannot be written")]
    Thread(#[source] io::Error),
}

/// Sets the log of this process up; once. What is logged is written until what this returns is dropped: with the end of
/// the process.
///
/// # Errors
/// When the level is not understood, the log was set up before, or there can be no thread that writes it.
pub fn init(config: &LogConfig) -> Result<Flush, LoggingError> {
    let filter = EnvFilter::builder().parse(format!("{QUIET},{}", config.level))?;
    let (lines, flush) = Lines::start(io::stderr(), tell_lost).map_err(LoggingError::Thread)?;
    let subscriber = fmt()
        .with_env_filter(filter)
        .with_writer(lines)
        .with_ansi(io::stderr().is_terminal())
        // Where nobody reads the log any more, saying so would panic.
        .log_internal_errors(false);
    match config.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    }
    .map_err(LoggingError::Taken)?;
    Ok(flush)
}

fn tell_lost(lines: u64) {
    tracing::warn!(lines, "lines of the log were left out: they came faster than they were taken");
}
