//! `[server]`: listening, and what is taken from the network.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected},
};
use url::Url;

use super::{Problem, list::list};

/// An address, or all that share a prefix (CIDR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange(IpNet);

impl AddressRange {
    /// Whether the address lies in it. An IPv4 address in IPv6 form is the same address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map(Self)
            .map_err(|_| format!("{text:?} is neither an IP address nor a range such as 10.0.0.0/8"))
    }
}

/// Listening, and what is taken from the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on; port 0 takes a free one.
    #[serde(deserialize_with = "listen_address")]
    pub listen: SocketAddr,
    /// Who may say by `X-Forwarded-For` for whom it asks.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<AddressRange>,
    /// Web origins, besides the server's own, whose pages may call the API.
    #[serde(deserialize_with = "list")]
    pub cors_origins: Vec<String>,
    /// Whether a WebSocket may be opened with `?token=`.
    pub allow_query_token: bool,
    /// How often a WebSocket client tells that it is there; one that is silent for two of these is gone.
    pub heartbeat_interval_ms: u64,
    /// How often WebSockets are compared with the database, for what the bus may have lost.
    pub recheck_interval_ms: u64,
    /// The most connections at a time.
    pub max_connections: usize,
    /// The largest JSON body, in bytes.
    pub max_body_bytes: usize,
    /// Where users find the server, when that is not where it listens.
    pub public_url: Option<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            allow_query_token: true,
            heartbeat_interval_ms: 25_000,
            recheck_interval_ms: 30_000,
            max_connections: 20_000,
            max_body_bytes: 1024 * 1024,
            public_url: None,
        }
    }
}

impl ServerConfig {
    /// Whether the peer is a proxy whose `X-Forwarded-For` counts.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|range| range.contains(peer))
    }

    /// Whether pages of an origin may call the API, besides the server's own.
    pub fn lists_origin(&self, origin: &str) -> bool {
        self.cors_origins.iter().any(|listed| listed == origin)
    }

    /// The origin of the pages that the server serves itself, as browsers write it; unknown without `public_url`.
    pub fn public_origin(&self) -> Option<String> {
        self.public_url.as_deref().and_then(Self::origin_of)
    }

    /// The origin of a page at an address, as browsers write it.
    pub fn origin_of(url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        is_web.then(|| url.origin().ascii_serialization())
    }

    /// How often a WebSocket client tells that it is there.
    pub fn heartbeat_interval(&self) -> Duration {
        Duration::from_millis(self.heartbeat_interval_ms)
    }

    /// How often WebSockets are compared with the database.
    pub fn recheck_interval(&self) -> Duration {
        Duration::from_millis(self.recheck_interval_ms)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        for (key, value) in [
            ("server.heartbeat_interval_ms", self.heartbeat_interval_ms),
            ("server.recheck_interval_ms", self.recheck_interval_ms),
        ] {
            if !(100..=600_000).contains(&value) {
                problems.push(Problem::new(key, "must be 100 to 600000"));
            }
        }
        if self.max_connections == 0 {
            problems.push(Problem::new("server.max_connections", "must be at least 1"));
        }
        if self.max_body_bytes < 1024 {
            problems.push(Problem::new("server.max_body_bytes", "must be at least 1024"));
        }
        for origin in self.cors_origins.iter().filter(|origin| !is_origin(origin)) {
            let rule = format!("must list origins such as https://chat.example.org, not {origin:?}");
            problems.push(Problem::new("server.cors_origins", rule));
        }
        // Pages ask for what they need from the root, and cookies go by how this begins.
        if self.public_url.as_deref().is_some_and(|url| !is_origin(url.strip_suffix('/').unwrap_or(url))) {
            let rule = "must be a URL such as https://chat.example.org, in lower case and with nothing behind the host \
                        but perhaps a port";
            problems.push(Problem::new("server.public_url", rule));
        }
    }
}

fn listen_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = "an address and a port, such as 127.0.0.1:8000";
    text.parse().map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &expected))
}

/// As [`listen_address`], of a port that need not be there.
pub(super) fn optional_listen_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    listen_address(deserializer).map(Some)
}

/// Browsers compare origins letter by letter: no path, no trailing slash.
fn is_origin(text: &str) -> bool {
    ServerConfig::origin_of(text).as_deref() == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_trusted_by_address_or_range() -> Result<(), Box<dyn std::error::Error>> {
        let server = ServerConfig {
            trusted_proxies: vec!["10.0.0.0/8".parse()?, "::1".parse()?],
            ..ServerConfig::default()
        };
        for (peer, trusted) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("::1", true),
            ("11.0.0.1", false),
            ("::2", false),
        ] {
            assert_eq!(server.trusts(peer.parse()?), trusted, "{peer}");
        }
        Ok(())
    }

    #[test]
    fn users_find_the_server_at_the_root_of_a_host() {
        for (url, is_right) in [
            ("https://chat.example.org", true),
            ("https://chat.example.org/", true),
            ("http://127.0.0.1:8000", true),
            ("https://xn--exmple-cua.org", true),
            ("https://chat.example.org/plaza", false),
            ("https://chat.example.org//", false),
            ("https://chat.example.org/?a=1", false),
            ("https://chat.example.org#a", false),
            ("HTTPS://chat.example.org", false),
            ("https://user@chat.example.org", false),
            ("ftp://chat.example.org", false),
            ("chat.example.org", false),
            ("", false),
        ] {
            let server = ServerConfig { public_url: Some(url.to_owned()), ..ServerConfig::default() };
            let mut problems = Vec::new();
            server.validate(&mut problems);
            assert_eq!(problems.is_empty(), is_right, "{url}");
            assert!(problems.iter().all(|problem| problem.key == "server.public_url"), "{url}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(is_origin("https://chat.example.org"));
        assert!(is_origin("http://localhost:5173"));
        for text in ["https://chat.example.org/", "chat.example.org", "*", "ftp://example.org"] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
