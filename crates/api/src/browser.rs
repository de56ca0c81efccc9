//! What tells a browser from others while somebody logs in with it by what others know: a cookie of its own.

use std::time::Duration;

use plaza_infrastructure::config::ServerConfig;
use poem::{FromRequest, Request, RequestBody, Result};

use crate::{
    cookie::{self, HOST_PREFIX, NewCookie, SameSite},
    state::AppState,
};

const NAME: &str = "plaza_login";

/// What the browser brought back.
pub(crate) struct BrowserSecret(pub(crate) Option<String>);

impl<'a> FromRequest<'a> for BrowserSecret {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let state = request.data::<AppState>();
        let found = state.and_then(|state| cookie::find(request.headers(), &cookie_name(&state.server)));
        Ok(Self(found))
    }
}

/// Hands a browser its secret, for so long. No script reads it, and no other site sends it but by leading here.
pub(crate) fn hand_out(server: &ServerConfig, secret: &str, ttl: Duration) -> String {
    let is_secure = is_secure(server);
    let name = cookie_name(server);
    NewCookie { name: &name, value: secret, ttl, same_site: SameSite::Lax, is_secure }.to_string()
}

/// Takes it back.
pub(crate) fn take_back(server: &ServerConfig) -> String {
    hand_out(server, "", Duration::ZERO)
}

fn cookie_name(server: &ServerConfig) -> String {
    let prefix = if is_secure(server) { HOST_PREFIX } else { "" };
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
            "__Host-plaza_login=s3cret; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=660"
        );
        assert_eq!(
            take_back(&ServerConfig::default()),
            "plaza_login=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }
}
