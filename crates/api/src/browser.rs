//! What tells a browser from others while somebody logs in with it by what others know: a cookie of its own.

use std::time::Duration;

use plaza_infrastructure::config::ServerConfig;
use poem::{FromRequest, Request, RequestBody, Result, http::header};

use crate::state::AppState;

const NAME: &str = "plaza_login";
/// A cookie of that name comes from this very host, over TLS (RFC 6265bis, section 4.1.3.2).
const PREFIX: &str = "__Host-";

/// What the browser brought back.
pub(crate) struct BrowserSecret(pub(crate) Option<String>);

impl<'a> FromRequest<'a> for BrowserSecret {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let name = request.data::<AppState>().map(|state| cookie_name(&state.server));
        let cookies =
            request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let found = pairs.into_iter().find(|(found, _)| Some(*found) == name.as_deref());
        Ok(Self(found.map(|(_, value)| value.to_owned())))
    }
}

/// Hands a browser its secret, for so long. No script reads it, and no other site sends it but by leading here.
pub(crate) fn hand_out(server: &ServerConfig, secret: &str, ttl: Duration) -> String {
    let secure = if is_secure(server) { "; Secure" } else { "" };
    let (name, ttl) = (cookie_name(server), ttl.as_secs());
    format!("{name}={secret}; Path=/; Max-Age={ttl}; HttpOnly; SameSite=Lax{secure}")
}

/// Takes it back.
pub(crate) fn take_back(server: &ServerConfig) -> String {
    hand_out(server, "", Duration::ZERO)
}

fn cookie_name(server: &ServerConfig) -> String {
    let prefix = if is_secure(server) { PREFIX } else { "" };
    format!("{prefix}{NAME}")
}

fn is_secure(server: &ServerConfig) -> bool {
    server.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_the_cookie_belongs_to_this_host_alone() {
        let public_url = Some("https://chat.example.org".to_owned());
        let server = ServerConfig { public_url, ..ServerConfig::default() };
        assert_eq!(
            hand_out(&server, "s3cret", Duration::from_secs(660)),
            "__Host-plaza_login=s3cret; Path=/; Max-Age=660; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            take_back(&ServerConfig::default()),
            "plaza_login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
