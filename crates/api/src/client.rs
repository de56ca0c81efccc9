//! From which address a request comes: the peer's, or what a listed proxy says.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use plaza_domain::network_of;
use plaza_infrastructure::config::ServerConfig;
use poem::{FromRequest, Request, RequestBody, Result, http::HeaderMap};

use crate::state::AppState;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    pub(crate) fn of(request: &Request, server: &ServerConfig) -> Self {
        let Some(peer) = request.remote_addr().as_socket_addr().map(|address| address.ip().to_canonical())
        else {
            return Self(None);
        };
        Self(Some(behind_proxies(peer, &forwarded_for(request.headers()), server)))
    }

    /// The address itself, for people to read.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        self.0
    }
}

/// Who is named. What is no text was made up by a client: what the proxy says follows it.
fn forwarded_for(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.flat_map(|value| value.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Goes back from the peer as long as the speaker is a listed proxy: what others say, they may have made up.
fn behind_proxies(peer: IpAddr, forwarded_for: &[String], server: &ServerConfig) -> IpAddr {
    let mut client = peer;
    for named in forwarded_for.iter().rev() {
        if !server.trusts(client) {
            break;
        }
        let Some(address) = address_of(named.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// Proxies name a client by its address, or with its port.
fn address_of(named: &str) -> Option<IpAddr> {
    let bare = || named.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(named).parse();
    bare().or_else(|_| named.parse().map(|socket: SocketAddr| socket.ip())).ok()
}

impl fmt::Display for ClientAddress {
    /// What it is counted by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&network_of(self.0))
    }
}

impl<'a> FromRequest<'a> for ClientAddress {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(request.data::<AppState>().map_or(Self(None), |state| Self::of(request, &state.server)))
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    #[test]
    fn only_listed_proxies_are_believed() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let server = ServerConfig { trusted_proxies: vec!["10.0.0.0/8".parse()?], ..ServerConfig::default() };
        let cases = [
            ("203.0.113.7", vec!["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1", " 10.0.0.2 "], "198.51.100.1"),
            ("10.0.0.1", vec!["nonsense"], "10.0.0.1"),
            ("10.0.0.1", vec!["nonsense", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1:5678", "10.0.0.2:80"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8::1]:5678"], "2001:db8::1"),
            ("10.0.0.1", vec!["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
        ];
        for (peer, forwarded_for, client) in cases {
            let forwarded_for: Vec<_> = forwarded_for.into_iter().map(str::to_owned).collect();
            assert_eq!(behind_proxies(peer.parse()?, &forwarded_for, &server), client.parse::<IpAddr>()?);
        }
        Ok(())
    }

    #[test]
    fn bytes_that_are_no_text_hide_no_address() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let server = ServerConfig { trusted_proxies: vec!["10.0.0.0/8".parse()?], ..ServerConfig::default() };
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_bytes(b"\xff, 198.51.100.1")?);
        let client = behind_proxies("10.0.0.1".parse()?, &forwarded_for(&headers), &server);
        assert_eq!(client, "198.51.100.1".parse::<IpAddr>()?);
        Ok(())
    }
}
