//! Where a clamd listens.

use std::{fmt, io, path::PathBuf};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use url::Url;

/// What clamd listens on when nobody says.
const DEFAULT_PORT: u16 = 3310;

/// Where a clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// A host and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A connection, of whichever kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl ClamdAddress {
    /// Reads `clamd://host:port`, or `clamd:` with the path of a socket; `None` for anything else.
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("clamd:")?;
        if !rest.starts_with("//") {
            return rest.starts_with('/').then(|| Self::Unix(PathBuf::from(rest)));
        }
        let url = Url::parse(url).ok()?;
        let is_plain = matches!(url.path(), "" | "/") && url.username().is_empty() && url.query().is_none();
        let host = url.host_str().filter(|host| is_plain && !host.is_empty())?;
        // Brackets belong to URLs, not to IPv6 addresses.
        let host = host.trim_matches(['[', ']']).to_owned();
        Some(Self::Tcp(host, url.port().unwrap_or(DEFAULT_PORT)))
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        }
    }
}

impl fmt::Display for ClamdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "clamd://{host}:{port}"),
            Self::Unix(path) => write!(f, "clamd:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let tcp = |host: &str, port| Some(ClamdAddress::Tcp(host.to_owned(), port));
        for (url, expected) in [
            ("clamd://127.0.0.1:3311", tcp("127.0.0.1", 3311)),
            ("clamd://scanner", tcp("scanner", 3310)),
            ("clamd://[::1]:3310", tcp("::1", 3310)),
            ("clamd:/run/clamd.ctl", Some(ClamdAddress::Unix("/run/clamd.ctl".into()))),
            ("clamd://", None),
            ("clamd:", None),
            ("clamd:relative", None),
            ("clamd://host/path", None),
            ("clamd://user@host", None),
            ("http://127.0.0.1:3310", None),
        ] {
            assert_eq!(ClamdAddress::parse(url), expected, "{url}");
        }
    }
}
