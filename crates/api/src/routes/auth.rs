//! `/auth`: accounts are made, users log in and out.

use plaza_application::{Error, Limited, Registration, TICKET_TTL};
use poem::{
    http::{HeaderValue, header::SET_COOKIE},
    web::Data,
};
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::{
    Tags, UserView,
    logged_in::{LoggedIn, RefreshTokenIn},
    second_factor::{CodeText, RecoveryCodeText, second_factor},
};
use crate::{
    auth::Authenticated,
    client::ClientAddress,
    device::ClientDevice,
    json::{Json, JsonBody, OptionalJsonBody, Text},
    origin::Page,
    problem::{ApiError, FieldErrorView, ProblemKind},
    rate_limit::allow,
    refresh_cookie::{Leaver, RefreshCookie, take_back},
    state::AppState,
};

/// What registering takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct RegisterRequest {
    /// An e-mail address; unique on the server.
    email: Text<3, 254>,
    /// A handle of 3 to 32 letters, digits, `_`, `.` or `-`; upper case becomes lower case; unique on the server.
    username: Text<3, 32>,
    /// The name that others see, 1 to 64 characters; the handle when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    display_name: Option<Text<1, 64>>,
    /// 8 to 128 characters, and none of those that are guessed first.
    password: Text<8, 128>,
    /// The code of an invitation, where one is needed; it also says whether one is a member or a guest.
    #[oai(nullable, skip_serializing_if_is_none)]
    invitation_code: Option<Text<1, 64>>,
}

impl poem_openapi::types::Example for RegisterRequest {
    fn example() -> Self {
        Self {
            email: "ada@example.org".into(),
            username: "ada".into(),
            display_name: Some("Ada Lovelace".into()),
            password: "correct horse battery".into(),
            invitation_code: None,
        }
    }
}

/// What logging in takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct LoginRequest {
    /// The account's e-mail address or handle.
    login: Text<1, 254>,
    /// Its password.
    password: Text<1, 128>,
    /// Where the refresh token shall be; `body` when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    refresh_token_in: Option<RefreshTokenIn>,
}

impl poem_openapi::types::Example for LoginRequest {
    fn example() -> Self {
        Self { login: "ada".into(), password: "correct horse battery".into(), refresh_token_in: None }
    }
}

/// What finishing a login takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct SecondFactorRequest {
    /// The `challenge` of the answer to the login.
    challenge: Text<1, 128>,
    /// The code that the authenticator shows: six digits. It works once.
    #[oai(nullable, skip_serializing_if_is_none)]
    code: Option<CodeText>,
    /// A recovery code, in place of `code`. It works once.
    #[oai(nullable, skip_serializing_if_is_none)]
    recovery_code: Option<RecoveryCodeText>,
    /// Where the refresh token shall be; `body` when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    refresh_token_in: Option<RefreshTokenIn>,
}

impl poem_openapi::types::Example for SecondFactorRequest {
    fn example() -> Self {
        Self {
            challenge: "q3J1ZfOcKx0Zk1m3o6yq0nZ0l2b8mJ4v6s1x9d7h5aE".into(),
            code: Some("287082".into()),
            recovery_code: None,
            refresh_token_in: None,
        }
    }
}

/// What refreshing takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct RefreshRequest {
    /// The refresh token that came last; left out where a cookie brings it.
    #[oai(nullable, skip_serializing_if_is_none)]
    refresh_token: Option<Text<1, 128>>,
}

impl poem_openapi::types::Example for RefreshRequest {
    fn example() -> Self {
        Self { refresh_token: Some("q3J1ZfOcKx0Zk1m3o6yq0nZ0l2b8mJ4v6s1x9d7h5aE".into()) }
    }
}

/// A ticket for a WebSocket.
#[derive(Object, Serialize)]
pub(crate) struct TicketView {
    /// For `?ticket=`; works once.
    ticket: String,
    /// How long it works, in seconds.
    expires_in: u64,
}

#[derive(ApiResponse)]
pub(crate) enum Registered {
    /// The account was made.
    #[oai(status = 201)]
    Created(
        Json<UserView>,
        /// Where the account is
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum LoggedOut {
    /// The session has ended.
    #[oai(status = 204)]
    Done(
        /// Takes back the cookie that came along
        #[oai(header = "Set-Cookie")]
        Option<String>,
    ),
}

pub(crate) struct AuthApi;

#[OpenApi(prefix_path = "/auth", tag = "Tags::Auth")]
impl AuthApi {
    /// Make an account
    ///
    /// The first account of a fresh server becomes its admin. Afterwards it depends on the server's `auth.registration`
    /// whether anybody may, or only who has the code of an invitation, or nobody.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        body: JsonBody<RegisterRequest>,
    ) -> Result<Registered, ApiError> {
        allow(state, Limited::RegisterFrom(&address.to_string())).await?;
        let JsonBody(RegisterRequest { email, username, display_name, password, invitation_code }) = body;
        let registration = Registration {
            email: email.into(),
            username: username.into(),
            display_name: display_name.map(Into::into),
            password: password.into(),
            invitation_code: invitation_code.map(Into::into),
            device,
        };
        let user = state.services.auth.register(registration).await?;
        let location = format!("/api/v1/users/{}", user.id);
        Ok(Registered::Created(Json(user.into()), location))
    }

    /// Log in
    ///
    /// The access token goes into the `Authorization` header of requests; the refresh token gets the next pair. Whose
    /// account has a second factor is answered with 401, a problem of the kind `second-factor-required` and a `challenge`:
    /// see the next operation. An account that was to be erased goes on. After three wrong passwords in a row for a
    /// name, the next one from the same address must wait for a second, then for two, and so on up to five minutes.
    ///
    /// Pages of a browser ask for the refresh token as a cookie, `__Host-plaza_refresh`, which no script reads. It is given
    /// to pages of this server and of the origins that its operator has listed; others get 403, `foreign-origin`.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        Data(state): Data<&AppState>,
        ClientDevice(device): ClientDevice,
        page: Page,
        body: JsonBody<LoginRequest>,
    ) -> Result<LoggedIn, ApiError> {
        let JsonBody(LoginRequest { login, password, refresh_token_in }) = body;
        let place = RefreshTokenIn::asked_for(refresh_token_in, &page)?;
        let login = state.services.auth.login(login.as_str(), password.as_str(), device).await?;
        Ok(LoggedIn::new(login, place))
    }

    /// Finish a login with a second factor
    ///
    /// Takes the challenge that logging in was answered with, and a code. A wrong code, or one that was used before, is
    /// answered in the same way; the challenge stands for five wrong codes and five minutes, and until the password is
    /// changed. Codes of authenticators are counted for each account, the right ones too.
    #[oai(path = "/login/second-factor", method = "post", operation_id = "login_second_factor")]
    async fn second_factor(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        page: Page,
        body: JsonBody<SecondFactorRequest>,
    ) -> Result<LoggedIn, ApiError> {
        let JsonBody(SecondFactorRequest { challenge, code, recovery_code, refresh_token_in }) = body;
        let place = RefreshTokenIn::asked_for(refresh_token_in, &page)?;
        let shown = second_factor(code, recovery_code)?;
        allow(state, Limited::LoginFrom(&address.to_string())).await?;
        let auth = &state.services.auth;
        Ok(LoggedIn::new(auth.answer_challenge(challenge.as_str(), &shown, device).await?, place))
    }

    /// Get new tokens
    ///
    /// A refresh token works once. Who got no answer may repeat the request with the same token, as long as the one that
    /// was answered with was never used: from then on that one is as good as used. When any other used token comes back,
    /// somebody else has it: the session ends, and its connections are closed.
    ///
    /// The token of a cookie needs no body, and the next one comes as a cookie. Tabs may refresh at the same time: who comes
    /// within ten seconds after another one gets an access token, and no new cookie. A cookie that is refused is taken back.
    /// Who sends a token in the body must not send the cookie, too.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        Data(state): Data<&AppState>,
        ClientDevice(device): ClientDevice,
        page: Page,
        RefreshCookie(cookie): RefreshCookie,
        body: OptionalJsonBody<RefreshRequest>,
    ) -> Result<LoggedIn, ApiError> {
        let auth = &state.services.auth;
        match (body.0.and_then(|body| body.refresh_token), cookie) {
            (Some(token), None) => {
                Ok(LoggedIn::new(auth.refresh(token.as_str(), device).await?, RefreshTokenIn::Body))
            }
            (None, Some(token)) => {
                page.must_be_trusted()?;
                let refreshed = auth.refresh_shared(&token, device).await;
                Ok(LoggedIn::new(refreshed.map_err(refused_cookie)?, RefreshTokenIn::Cookie))
            }
            (Some(_), Some(_)) => {
                let rule = "must be left out where a cookie brings one, or be sent without cookies";
                Err(ApiError::invalid(vec![FieldErrorView::new("refresh_token", rule)]))
            }
            (None, None) => {
                let detail = "there is no refresh token, neither in the body nor in a cookie: log in";
                Err(ApiError::new(ProblemKind::Unauthenticated, detail))
            }
        }
    }

    /// Log out
    ///
    /// Ends the session: its tokens work no more and its connections are closed. Pages whose access token has run out do it
    /// by their cookie alone, which is taken back in any case.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        Data(state): Data<&AppState>,
        ClientDevice(device): ClientDevice,
        leaver: Leaver,
    ) -> Result<LoggedOut, ApiError> {
        let auth = &state.services.auth;
        if let Some(actor) = leaver.actor {
            auth.logout(&actor).await?;
        }
        let Some(refresh_token) = leaver.refresh_token else { return Ok(LoggedOut::Done(None)) };
        auth.give_up(&refresh_token, &device).await?;
        Ok(LoggedOut::Done(Some(take_back())))
    }

    /// Get a ticket for a WebSocket
    ///
    /// For browsers, which cannot set headers there: `/api/v1/ws?ticket=…`. It works once, for a short time.
    #[oai(path = "/ws-ticket", method = "post", operation_id = "create_ws_ticket")]
    async fn ws_ticket(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<TicketView>, ApiError> {
        let ticket = state.services.tickets.issue(&actor).await?;
        Ok(Json(TicketView { ticket, expires_in: TICKET_TTL.as_secs() }))
    }
}

/// A cookie that is good for nothing any more is taken back. One that may still be, when something else went wrong, stays.
fn refused_cookie(error: Error) -> ApiError {
    let problem = ApiError::from(error);
    match HeaderValue::try_from(take_back()) {
        Ok(cookie) if problem.kind() == ProblemKind::Unauthenticated => {
            problem.with_header(SET_COOKIE, cookie)
        }
        _ => problem,
    }
}
