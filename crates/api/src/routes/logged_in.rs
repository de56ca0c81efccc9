//! What everything answers that ends in tokens: in a body that scripts read, or with the refresh token in a cookie.

use plaza_application::Login;
use poem::{IntoResponse, Response, http::header::SET_COOKIE};
use poem_openapi::{
    ApiResponse, Enum, Object,
    registry::{MetaHeader, MetaResponses, Registry},
    types::Type,
};
use serde::Serialize;

use super::UserView;
use crate::{UtcTime, json::Json, origin::Page, problem::ApiError, refresh_cookie};

/// Where a client has its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum RefreshTokenIn {
    /// In the body: it keeps the token itself.
    Body,
    /// In the cookie `__Host-plaza_refresh`: no script sees it.
    Cookie,
}

impl RefreshTokenIn {
    /// Where the page that asks may have it.
    ///
    /// # Errors
    /// When the cookie is not for that page: somebody else's would log its visitors in as whom it likes.
    pub(super) fn asked_for(asked: Option<Self>, page: &Page) -> Result<Self, ApiError> {
        let place = asked.unwrap_or(Self::Body);
        if place == Self::Cookie {
            page.must_be_trusted()?;
        }
        Ok(place)
    }
}

/// Tokens, and whose they are.
#[derive(Object, Serialize)]
pub(crate) struct LoginView {
    /// For the `Authorization` header of requests.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// How long the access token works, in seconds.
    expires_in: u64,
    /// Until when the access token works.
    expires_at: UtcTime,
    /// For the next refresh; works once. No refresh makes a session last longer than the server allows. Null when it is in a
    /// cookie.
    #[oai(nullable)]
    refresh_token: Option<String>,
    /// Until when the refresh token works.
    refresh_expires_at: UtcTime,
    /// Who is logged in.
    user: UserView,
    /// Whether the account was to be erased, and goes on by this login.
    is_restored: bool,
}

/// Tokens, and the cookies that go with them.
pub(crate) struct LoggedIn {
    view: LoginView,
    cookies: Vec<String>,
}

impl LoggedIn {
    pub(super) fn new(login: Login, place: RefreshTokenIn) -> Self {
        let (refresh_token, cookie) = match place {
            RefreshTokenIn::Body => (login.refresh_token, None),
            RefreshTokenIn::Cookie => (None, login.refresh_token),
        };
        let cookie = cookie.map(|token| refresh_cookie::hand_out(&token, login.refresh_ttl));
        let view = LoginView {
            access_token: login.access_token,
            token_type: "Bearer".to_owned(),
            expires_in: login.access_ttl.as_secs(),
            expires_at: login.access_expires_at.into(),
            refresh_token,
            refresh_expires_at: login.refresh_expires_at.into(),
            user: login.user.into(),
            is_restored: login.is_restored,
        };
        Self { view, cookies: cookie.into_iter().collect() }
    }

    /// The same with another cookie.
    #[must_use]
    pub(super) fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl IntoResponse for LoggedIn {
    fn into_response(self) -> Response {
        let mut response = Json(self.view).into_response();
        // Each is a header of its own: they cannot be joined (RFC 6265, section 3).
        for cookie in self.cookies.into_iter().filter_map(|cookie| cookie.try_into().ok()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl ApiResponse for LoggedIn {
    fn meta() -> MetaResponses {
        let mut meta = Json::<LoginView>::meta();
        for response in &mut meta.responses {
            response.description = "The tokens.";
            response.headers.push(MetaHeader {
                name: "Set-Cookie".to_owned(),
                description: Some(
                    "The refresh token, where the client wants it in a cookie; and the end of other cookies"
                        .to_owned(),
                ),
                required: false,
                deprecated: false,
                schema: String::schema_ref(),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        LoginView::register(registry);
    }
}
