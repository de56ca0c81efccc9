//! From which address a request comes: the peer's, or what a listed proxy says.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use plaza_infrastructure::config::ServerConfig;
use poem::{FromRequest, Request, RequestBody, Result};

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
        let values = request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let named: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        Self(Some(behind_proxies(peer, &named, server)))
    }

    /// The address itself, for people to read.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        self.0
    }
}

/// Goes back from the peer as long as the speaker is a listed proxy: what others say, they may have made up.
fn behind_proxies(peer: IpAddr, forwarded_for: &[&str], server: &ServerConfig) -> IpAddr {
    let mut client = peer;
    for named in forwarded_for.iter().rev() {
        if !server.trusts(client) {
            break;
        }
        let Ok(address) = named.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

impl fmt::Display for ClientAddress {
    /// The key under which an address is counted: of IPv6 the /64, as one customer has at least that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(IpAddr::V4(address)) => address.fmt(f),
            Some(IpAddr::V6(address)) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                write!(f, "{}/64", Ipv6Addr::from_bits(network))
            }
            None => f.write_str("unknown"),
        }
    }
}

impl<'a> FromRequest<'a> for ClientAddress {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(request.data::<AppState>().map_or(Self(None), |state| Self::of(request, &state.server)))
    }
}

#[cfg(test)]
mod tests {
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
            ("10.0.0.1", vec![], "10.0.0.1"),
        ];
        for (peer, forwarded_for, client) in cases {
            assert_eq!(behind_proxies(peer.parse()?, &forwarded_for, &server), client.parse::<IpAddr>()?);
        }
        Ok(())
    }

    #[test]
    fn an_ipv6_customer_is_counted_by_network() -> std::result::Result<(), Box<dyn std::error::Error>> {
        assert_eq!(ClientAddress(Some("2001:db8:1:2:3::4".parse()?)).to_string(), "2001:db8:1:2::/64");
        Ok(())
    }
}
