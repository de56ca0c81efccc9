//! The refresh token of a browser's pages, kept where no script reads it.

use std::time::Duration;

use plaza_application::Actor;
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::AuthorizationError,
    registry::{MetaSecurityScheme, Registry},
};

use crate::{
    auth::AuthenticatedForSetup,
    cookie::{self, NewCookie, SameSite},
    origin::Page,
    problem::{ApiError, ProblemKind},
};

/// Its prefix is [`HOST_PREFIX`](cookie::HOST_PREFIX), also without TLS: browsers keep it for pages of this machine
/// all the same, and for others they should not.
const NAME: &str = "__Host-plaza_refresh";
/// What the document calls it.
const SCHEME: &str = "refresh_cookie";
const DESCRIPTION: &str = "A refresh token, as those get it who ask for it with `\"refresh_token_in\": \"cookie\"`. It works \
     for pages of this server, and of the origins that its operator has listed.";

/// Gives a browser its next token, for so long.
pub(crate) fn hand_out(refresh_token: &str, ttl: Duration) -> String {
    NewCookie { name: NAME, value: refresh_token, ttl, same_site: SameSite::Strict, is_secure: true }
        .to_string()
}

/// Takes it back.
pub(crate) fn take_back() -> String {
    hand_out("", Duration::ZERO)
}

/// The token that a browser brought, if it did.
pub(crate) struct RefreshCookie(pub(crate) Option<String>);

impl RefreshCookie {
    fn of(request: &Request) -> Self {
        Self(cookie::find(request.headers(), NAME))
    }

    fn document(registry: &mut Registry) {
        let scheme = MetaSecurityScheme {
            ty: "apiKey",
            description: Some(DESCRIPTION),
            name: Some(NAME),
            key_in: Some("cookie"),
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        registry.create_security_scheme(SCHEME, scheme);
    }
}

impl<'a> ApiExtractor<'a> for RefreshCookie {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        Self::document(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

/// Who logs out: known by an access token, or, where that has run out, by the cookie.
pub(crate) struct Leaver {
    pub(crate) actor: Option<Actor>,
    /// The token of the cookie, if a page brings it that may.
    pub(crate) refresh_token: Option<String>,
}

impl<'a> ApiExtractor<'a> for Leaver {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        AuthenticatedForSetup::register(registry);
        RefreshCookie::document(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        let mut schemes = AuthenticatedForSetup::security_schemes();
        schemes.push(SCHEME);
        schemes
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let RefreshCookie(refresh_token) = RefreshCookie::of(request);
        let page = Page::of(request);
        match AuthenticatedForSetup::from_request(request, body, options).await {
            Ok(AuthenticatedForSetup(actor)) => {
                Ok(Self { actor: Some(actor), refresh_token: refresh_token.filter(|_| page.is_trusted()) })
            }
            Err(error) if refresh_token.is_some() && is_about_the_token(&error) => {
                page.must_be_trusted()?;
                Ok(Self { actor: None, refresh_token })
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether there was no access token, or none that is good for anything.
fn is_about_the_token(error: &poem::Error) -> bool {
    let problem = error.downcast_ref::<ApiError>();
    error.is::<AuthorizationError>() || problem.is_some_and(|it| it.kind() == ProblemKind::Unauthenticated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_this_hosts_alone_and_no_scripts() {
        assert_eq!(
            hand_out("t0ken", Duration::from_secs(604_800)),
            "__Host-plaza_refresh=t0ken; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800"
        );
        assert!(take_back().starts_with("__Host-plaza_refresh=; "));
        assert!(take_back().ends_with("; Max-Age=0"));
        assert!(NAME.starts_with(cookie::HOST_PREFIX));
    }
}
