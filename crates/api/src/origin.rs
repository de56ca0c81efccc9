//! From whose pages a request comes, as browsers tell it and scripts cannot.
//!
//! A browser sends its cookies along whoever's page has it make a request. What is done by a cookie is therefore done for
//! pages of this server and of the origins that its operator has listed, and for nobody else: OWASP, Cross-Site Request
//! Forgery Prevention Cheat Sheet, "Using Standard Headers to Verify Origin" and "Fetch Metadata headers". As it says
//! there, a request that does not tell where it comes from is refused.

use plaza_infrastructure::config::ServerConfig;
use poem::{
    FromRequest, Request, RequestBody, Result,
    http::{Uri, header},
};

use crate::{
    problem::{ApiError, ProblemKind},
    state::AppState,
};

/// Says of the whole way of a request, redirects included, whether it is all of one origin (Fetch Metadata).
const SEC_FETCH_SITE: &str = "sec-fetch-site";
/// What browsers say of origins that are nobody else's business, or were lost on the way.
const OPAQUE: &str = "null";

/// Whether a page that may use this server's cookies makes the request; if not, why it is not taken for one.
pub(crate) struct Page(Result<(), String>);

impl Page {
    pub(crate) fn of(request: &Request) -> Self {
        let state = request.data::<AppState>().ok_or_else(|| "no state".to_owned());
        Self(state.and_then(|state| trust(request, &state.server)))
    }

    /// # Errors
    /// The problem to answer with when somebody else's page makes the request, or nobody knows whose. It is the same
    /// whatever cookies are worth.
    pub(crate) fn must_be_trusted(&self) -> Result<(), ApiError> {
        let detail = "cookies are for pages of this server, and of the origins that its operator has listed";
        let refusal = |said: &String| ApiError::new(ProblemKind::ForeignOrigin, detail).because(said.clone());
        self.0.as_ref().copied().map_err(refusal)
    }

    pub(crate) fn is_trusted(&self) -> bool {
        self.0.is_ok()
    }
}

impl<'a> FromRequest<'a> for Page {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Self::of(request))
    }
}

/// `Origin` decides where there is one. `Referer` is believed only of browsers that know nothing better: where a request
/// was sent on by another site, it is still the first page's.
fn trust(request: &Request, server: &ServerConfig) -> Result<(), String> {
    let said =
        |name: &str| request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let origin = said(header::ORIGIN.as_str());
    let known = match (origin.as_deref(), said(SEC_FETCH_SITE).as_deref(), said(header::REFERER.as_str())) {
        (Some(origin), _, _) if origin != OPAQUE => is_known(origin, request, server),
        (_, Some(site), _) => site == "same-origin",
        (None, None, Some(referer)) => {
            ServerConfig::origin_of(&referer).is_some_and(|origin| is_known(&origin, request, server))
        }
        _ => false,
    };
    if known { Ok(()) } else { Err(format!("a cookie, or the wish for one, from the origin {origin:?}")) }
}

/// Whether an origin is one that the operator has listed, or this server's own: that of its public URL, or, where it has
/// none, of the host that the request was sent to.
pub(crate) fn is_known(origin: &str, request: &Request, server: &ServerConfig) -> bool {
    server.lists_origin(origin)
        || match server.public_origin() {
            Some(own) => own == origin,
            None => is_of_host(origin, request),
        }
}

/// Whether the request was sent to the host and the port of an origin.
fn is_of_host(origin: &str, request: &Request) -> bool {
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    // HTTP/2 has it in the address.
    let host = request.header(header::HOST).map(str::to_owned);
    let host = host.or_else(|| request.original_uri().authority().map(ToString::to_string));
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_trusted(server: &ServerConfig, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().header(header::HOST, "127.0.0.1:8000");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        trust(&request.finish(), server).is_ok()
    }

    #[test]
    fn a_page_of_this_server_or_of_a_listed_origin_is_trusted() {
        let local = ServerConfig {
            cors_origins: vec!["https://app.example.org".to_owned()],
            ..ServerConfig::default()
        };
        let public_url = Some("https://chat.example.org:443/".to_owned());
        let public = ServerConfig { public_url, ..local.clone() };
        for (origin, of_local, of_public) in [
            ("https://app.example.org", true, true),
            ("https://chat.example.org", false, true),
            ("http://127.0.0.1:8000", true, false),
            ("http://127.0.0.1:9000", false, false),
            ("http://chat.example.org", false, false),
            ("https://chat.example.org.evil.example", false, false),
            ("https://chat.example.org/", false, false),
            ("https://CHAT.example.org", false, false),
            ("https://app.example.org, https://evil.example", false, false),
            ("null", false, false),
            ("", false, false),
            ("http://", false, false),
        ] {
            let headers = [("origin", origin)];
            let found = (is_trusted(&local, &headers), is_trusted(&public, &headers));
            assert_eq!(found, (of_local, of_public), "{origin}");
            let headers = [("origin", origin), ("sec-fetch-site", "cross-site")];
            assert_eq!(is_trusted(&local, &headers), of_local, "{origin}");
        }
    }

    #[test]
    fn without_an_origin_what_else_browsers_say_decides() {
        let public_url = Some("https://chat.example.org".to_owned());
        let server = ServerConfig { public_url, ..ServerConfig::default() };
        let own = ("referer", "https://chat.example.org/rooms?x=1");
        for (headers, trusted) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("sec-fetch-site", "cross-site"), own], false),
            (vec![own], true),
            (vec![("referer", "https://evil.example/https://chat.example.org")], false),
            (vec![("referer", "chat.example.org")], false),
            (vec![("origin", "null"), own], false),
            (vec![("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
        ] {
            assert_eq!(is_trusted(&server, &headers), trusted, "{headers:?}");
        }
    }
}
