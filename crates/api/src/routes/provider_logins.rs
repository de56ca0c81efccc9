//! `/auth/oidc`: users log in by what OpenID providers know.

use plaza_application::{
    CodeProof, FLOW_TTL, FinishedFlow, FlowAnswer, FlowRefusal, LOGIN_CODE_TTL, Limited, LoginStart,
    ports::ProviderInfo,
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    payload::Html,
    types::Example,
};
use serde::Serialize;

use super::{
    Tags,
    logged_in::{LoggedIn, RefreshTokenIn},
    login_pages,
};
use crate::{
    browser::{BrowserSecret, hand_out, take_back},
    client::ClientAddress,
    device::ClientDevice,
    json::{Json, JsonBody, Text},
    origin::Page,
    problem::{ApiError, log_cause},
    rate_limit::allow,
    state::AppState,
};

/// A provider that one can log in by.
#[derive(Object, Serialize)]
pub(crate) struct LoginProviderView {
    /// What addresses call it.
    id: String,
    /// What people call it.
    name: String,
}

impl From<ProviderInfo> for LoginProviderView {
    fn from(info: ProviderInfo) -> Self {
        Self { id: info.id, name: info.name }
    }
}

/// All providers that one can log in by.
#[derive(Object, Serialize)]
pub(crate) struct LoginProviderList {
    /// The providers; none when the operator trusts no others.
    items: Vec<LoginProviderView>,
}

/// What getting tokens for a login code takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct RedeemLoginCodeRequest {
    /// The `login_code` that the browser came back with.
    login_code: Text<1, 128>,
    /// The secret whose hash was the login's `code_challenge`; when it had none, the browser's cookie stands for it.
    #[oai(nullable, skip_serializing_if_is_none)]
    code_verifier: Option<Text<43, 128>>,
    /// Where the refresh token shall be; `body` when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    refresh_token_in: Option<RefreshTokenIn>,
}

impl Example for RedeemLoginCodeRequest {
    fn example() -> Self {
        Self {
            login_code: "7mN3c1q0R2Yp5xV8kT4wZ6sB9dF1gH3jL5nP7rU0vXo".into(),
            code_verifier: Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into()),
            refresh_token_in: None,
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum LoginBegun {
    /// The browser goes to the provider.
    #[oai(status = 303)]
    Sent(
        /// Where the provider asks who somebody is
        #[oai(header = "Location")]
        String,
        /// What the browser must bring back
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum LoginFinished {
    /// It went well, and there is nowhere to go: a page that says so, with the login code.
    #[oai(status = 200)]
    Page(Html<String>),
    /// The browser goes to `return_to`, with the outcome behind a `#`: `login_code=…`; `linked=1`; or `error=…`, which is
    /// the last part of a problem's `type`.
    #[oai(status = 303)]
    Sent(
        /// `return_to` with the outcome
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct ProviderLoginsApi;

#[OpenApi(prefix_path = "/auth/oidc", tag = "Tags::Auth")]
impl ProviderLoginsApi {
    /// List the providers that one can log in by
    ///
    /// For the buttons of a login page.
    #[oai(path = "/providers", method = "get", operation_id = "list_login_providers")]
    async fn providers(&self, Data(state): Data<&AppState>) -> Result<Json<LoginProviderList>, ApiError> {
        let items = state.services.provider_logins.providers().into_iter().map(Into::into).collect();
        Ok(Json(LoginProviderList { items }))
    }

    /// Begin to log in by a provider
    ///
    /// A browser is led here, and sent on to the provider; it has ten minutes to come back. Apps that are not pages of
    /// this server give the hash of a secret as `code_challenge`, and get their tokens for that secret.
    #[oai(path = "/:provider/login", method = "get", operation_id = "begin_provider_login")]
    async fn begin(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        /// What addresses call the provider
        provider: Path<String>,
        /// Where to send the browser when it is over: an address of this server, or one that its operator has listed
        return_to: Query<Option<String>>,
        /// The SHA-256 of a secret, as base64url (RFC 7636, S256); with it, `return_to` must be one that is listed
        code_challenge: Query<Option<String>>,
    ) -> Result<LoginBegun, ApiError> {
        allow(state, Limited::ProviderLoginFrom(&address.to_string())).await?;
        let start = LoginStart { return_to: return_to.0, code_challenge: code_challenge.0 };
        let begun = state.services.provider_logins.begin(&provider.0, start).await?;
        let cookie = hand_out(&state.server, &begun.browser_secret, FLOW_TTL + LOGIN_CODE_TTL);
        Ok(LoginBegun::Sent(begun.authorization_url, cookie))
    }

    /// End what was begun at a provider
    ///
    /// Where the provider sends browsers back to: its operator must know this address as a redirect URI. Those who have
    /// no account get one, where the operator wants that, and unless their e-mail address has one already: accounts are
    /// not joined because of an address.
    #[oai(path = "/:provider/callback", method = "get", operation_id = "finish_provider_login")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the request")]
    async fn finish(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        BrowserSecret(browser_secret): BrowserSecret,
        /// What addresses call the provider
        provider: Path<String>,
        /// What the browser was sent with
        #[oai(name = "state")]
        flow: Query<Option<String>>,
        /// The authorization code
        code: Query<Option<String>>,
        /// Why there is none
        error: Query<Option<String>>,
        /// Who sends the browser (RFC 9207)
        iss: Query<Option<String>>,
    ) -> Result<LoginFinished, ApiError> {
        allow(state, Limited::ProviderLoginFrom(&address.to_string())).await?;
        let answer =
            FlowAnswer { state: flow.0, code: code.0, error: error.0, issuer: iss.0, browser_secret };
        match state.services.provider_logins.finish(&provider.0, answer, &device).await {
            Ok(FinishedFlow::LoggedIn { login_code, return_to: Some(url) }) => {
                Ok(LoginFinished::Sent(format!("{url}#login_code={login_code}")))
            }
            Ok(FinishedFlow::LoggedIn { login_code, return_to: None }) => {
                Ok(LoginFinished::Page(Html(login_pages::logged_in(&login_code))))
            }
            Ok(FinishedFlow::Linked { return_to: Some(url) }) => {
                Ok(LoginFinished::Sent(format!("{url}#linked=1")))
            }
            Ok(FinishedFlow::Linked { return_to: None }) => {
                Ok(LoginFinished::Page(Html(login_pages::linked())))
            }
            Err(FlowRefusal { error, return_to: None }) => Err(error.into()),
            Err(FlowRefusal { error, return_to: Some(url) }) => {
                let problem = ApiError::from(error);
                log_cause(&problem);
                Ok(LoginFinished::Sent(format!("{url}#error={}", problem.kind().slug())))
            }
        }
    }

    /// Get tokens for a login code
    ///
    /// Within a minute, once, and by who began the login: who gave a `code_challenge` shows its secret, and everybody
    /// else's browser sends the cookie that it got then, which is taken back.
    #[oai(path = "/token", method = "post", operation_id = "redeem_login_code")]
    async fn redeem(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        BrowserSecret(browser_secret): BrowserSecret,
        page: Page,
        body: JsonBody<RedeemLoginCodeRequest>,
    ) -> Result<LoggedIn, ApiError> {
        allow(state, Limited::ProviderLoginFrom(&address.to_string())).await?;
        let JsonBody(RedeemLoginCodeRequest { login_code, code_verifier, refresh_token_in }) = body;
        let place = RefreshTokenIn::asked_for(refresh_token_in, &page)?;
        let proof = CodeProof { code_verifier: code_verifier.map(Into::into), browser_secret };
        let login = state.services.provider_logins.redeem(login_code.as_str(), &proof, device).await?;
        Ok(LoggedIn::new(login, place).with_cookie(take_back(&state.server)))
    }
}
