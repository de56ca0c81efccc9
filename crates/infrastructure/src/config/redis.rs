//! `[redis]`: what instances share.

use serde::Deserialize;

use super::{ConnectionUrl, Problem};

/// What instances share, when there are several.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://` or `rediss://` (TLS); without it everything happens in this process.
    pub url: Option<ConnectionUrl>,
    /// What every key and channel begins with.
    pub prefix: String,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self { url: None, prefix: "plaza:".to_owned() }
    }
}

impl RedisConfig {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(url) = &self.url
            && !(matches!(url.scheme().as_str(), "redis" | "rediss") && url.has_host())
        {
            let rule = "must be redis://host:port or, with TLS, rediss://host:port";
            problems.push(Problem::new("redis.url", rule));
        }
        if self.prefix.is_empty() || self.prefix.contains(char::is_whitespace) {
            let rule = "must be a text without spaces, such as plaza:";
            problems.push(Problem::new("redis.prefix", rule));
        }
    }
}
