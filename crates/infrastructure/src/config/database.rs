//! `[database]`: where the truth is kept.

use serde::Deserialize;

use super::{ConnectionUrl, Problem};

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:` with a path, or `postgres://`; by default `plaza.db` in the data folder.
    pub url: Option<ConnectionUrl>,
    /// The most connections at a time.
    pub max_connections: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, max_connections: 16 }
    }
}

impl DatabaseConfig {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(url) = &self.url {
            let usable = match url.scheme().as_str() {
                "sqlite" => !url.path().is_empty(),
                "postgres" | "postgresql" => url.has_host(),
                _ => false,
            };
            if !usable {
                let rule = "must be sqlite:<path> or postgres://user:password@host/database";
                problems.push(Problem::new("database.url", rule));
            }
        }
        if self.max_connections < 2 {
            problems.push(Problem::new("database.max_connections", "must be at least 2"));
        }
    }
}
