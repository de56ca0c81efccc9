//! `[log]`: what is told to the operator, and how.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Problem;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one object a line.
    Json,
}

/// The log.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`, also by module: `info,plaza_api=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl LogConfig {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.level.is_empty() || EnvFilter::builder().parse(&self.level).is_err() {
            let rule = "must be error, warn, info, debug or trace, or a filter such as info,plaza_api=debug";
            problems.push(Problem::new("log.level", rule));
        }
    }
}
