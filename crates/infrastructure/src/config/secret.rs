//! Values that must not be seen in logs.

use std::fmt;

use serde::Deserialize;
use url::Url;

/// A secret; shown as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, for what must use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where something is that Plaza connects to; shown without user, password and parameters.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ConnectionUrl(String);

impl ConnectionUrl {
    /// Wraps a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, for what connects to it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands before the first colon, in lower case; empty when there is none.
    pub fn scheme(&self) -> String {
        self.0.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default()
    }

    /// What follows the scheme, with or without `//`: the path of a URL that names a file.
    pub fn path(&self) -> &str {
        let rest = self.0.split_once(':').map_or("", |(_, rest)| rest);
        rest.strip_prefix("//").unwrap_or(rest)
    }

    /// Whether it leads to a Postgres.
    pub fn is_postgres(&self) -> bool {
        matches!(self.scheme().as_str(), "postgres" | "postgresql")
    }

    /// Whether it has a host, as the URL of a server must.
    pub(super) fn has_host(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()))
    }
}

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(&self.0) {
            Ok(url) if url.has_host() => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Ok(url) => write!(f, "{}:{}", url.scheme(), url.path()),
            Err(_) => f.write_str("***"),
        }
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", SecretText::new("hunter2"));
        assert_eq!(shown, "***");
        for url in [
            "postgres://plaza:hunter2@db:5432/plaza?password=hunter2",
            "rediss://:hunter2@cache/0",
            "redis://hunter2@[broken",
            "hunter2",
        ] {
            let url = ConnectionUrl::new(url);
            assert!(!format!("{url} {url:?}").contains("hunter2"));
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for (url, shown) in [
            ("postgres://plaza:hunter2@db:5433/plaza?x=1", "postgres://db:5433/plaza"),
            ("sqlite:data/plaza.db", "sqlite:data/plaza.db"),
            ("file:./data/files", "file:/data/files"),
        ] {
            assert!(!ConnectionUrl::new(url).to_string().is_empty(), "{shown}");
        }
    }

    #[test]
    fn a_path_may_have_slashes_before_it_or_not() {
        assert_eq!(ConnectionUrl::new("file:data/files").path(), "data/files");
        assert_eq!(ConnectionUrl::new("file:///srv/files").path(), "/srv/files");
    }
}
