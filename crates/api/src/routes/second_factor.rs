//! `/users/me/totp`: one's second factor, and what stands in for it when it is lost.

use plaza_application::{Enrolment, SecondFactor, SecondFactorStatus};
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, types::Example};
use serde::Serialize;

use super::Tags;
use crate::{
    auth::{Authenticated, AuthenticatedForSetup},
    json::{Json, JsonBody, Text},
    problem::{ApiError, FieldErrorView},
    state::AppState,
};

/// A code of an authenticator, with gaps perhaps.
pub(super) type CodeText = Text<6, 16>;
/// A recovery code, with gaps perhaps.
pub(super) type RecoveryCodeText = Text<16, 32>;

/// What setting up a second factor takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct BeginTotpRequest {
    /// One's password. Who has none must have logged in within the last five minutes.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<1, 128>>,
}

impl Example for BeginTotpRequest {
    fn example() -> Self {
        Self { password: Some("correct horse battery".into()) }
    }
}

/// What proves that an authenticator has the secret.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ConfirmTotpRequest {
    /// The code that the authenticator shows: six digits.
    code: CodeText,
}

impl Example for ConfirmTotpRequest {
    fn example() -> Self {
        Self { code: "287082".into() }
    }
}

/// What proves that it is oneself who gives up the second factor, or wants other recovery codes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct UnlockTotpRequest {
    /// One's password. Who has none must have logged in within the last five minutes.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<1, 128>>,
    /// The code that the authenticator shows: six digits. It works once.
    #[oai(nullable, skip_serializing_if_is_none)]
    code: Option<CodeText>,
    /// A recovery code, in place of `code`. It works once.
    #[oai(nullable, skip_serializing_if_is_none)]
    recovery_code: Option<RecoveryCodeText>,
}

impl Example for UnlockTotpRequest {
    fn example() -> Self {
        Self {
            password: Some("correct horse battery".into()),
            code: Some("287082".into()),
            recovery_code: None,
        }
    }
}

/// What an authenticator is given.
#[derive(Object, Serialize)]
pub(crate) struct TotpEnrolmentView {
    /// The secret, to type in: base32, for codes of six digits that change every 30 seconds (SHA-1).
    secret: String,
    /// The same for programs: `otpauth://totp/…`, to show as a QR code.
    otpauth_uri: String,
}

impl From<Enrolment> for TotpEnrolmentView {
    fn from(Enrolment { secret, uri }: Enrolment) -> Self {
        Self { secret, otpauth_uri: uri }
    }
}

/// How one's second factor stands.
#[derive(Object, Serialize)]
pub(crate) struct TotpStatusView {
    /// Whether logins ask for it.
    enabled: bool,
    /// Whether the server requires it of oneself: nothing else can be done until it is set up.
    required: bool,
    /// How many recovery codes are left.
    recovery_codes_left: u64,
}

impl From<SecondFactorStatus> for TotpStatusView {
    fn from(status: SecondFactorStatus) -> Self {
        Self {
            enabled: status.is_enabled,
            required: status.is_required,
            recovery_codes_left: status.recovery_codes_left,
        }
    }
}

/// Codes that stand in for a lost authenticator.
#[derive(Object, Serialize)]
pub(crate) struct RecoveryCodesView {
    /// The codes, shown this once. Each works once.
    recovery_codes: Vec<String>,
}

#[derive(ApiResponse)]
pub(crate) enum TotpDisabled {
    /// Logins ask for it no more.
    #[oai(status = 204)]
    Done,
}

/// What is shown of a second factor: one of the two.
pub(super) fn second_factor(
    code: Option<CodeText>,
    recovery_code: Option<RecoveryCodeText>,
) -> Result<SecondFactor, ApiError> {
    match (code, recovery_code) {
        (Some(code), None) => Ok(SecondFactor::Code(code.into())),
        (None, Some(code)) => Ok(SecondFactor::RecoveryCode(code.into())),
        (None, None) | (Some(_), Some(_)) => Err(ApiError::invalid(vec![FieldErrorView::new(
            "code",
            "or recovery_code must be given, and not both",
        )])),
    }
}

pub(crate) struct SecondFactorApi;

#[OpenApi(prefix_path = "/users/me/totp", tag = "Tags::Auth")]
impl SecondFactorApi {
    /// Show how one's second factor stands
    ///
    /// Also for those who may do nothing else before they have set it up.
    #[oai(path = "/", method = "get", operation_id = "get_totp")]
    async fn status(
        &self,
        Data(state): Data<&AppState>,
        AuthenticatedForSetup(actor): AuthenticatedForSetup,
    ) -> Result<Json<TotpStatusView>, ApiError> {
        Ok(Json(state.services.second_factors.status(&actor).await?.into()))
    }

    /// Begin to set up a second factor
    ///
    /// Gives a secret for an authenticator (TOTP, RFC 6238). Nothing changes before a code is confirmed; to begin again
    /// gives another secret. Guesses at the password are counted like logins.
    #[oai(path = "/", method = "post", operation_id = "begin_totp")]
    async fn begin(
        &self,
        Data(state): Data<&AppState>,
        AuthenticatedForSetup(actor): AuthenticatedForSetup,
        body: JsonBody<BeginTotpRequest>,
    ) -> Result<Json<TotpEnrolmentView>, ApiError> {
        let JsonBody(BeginTotpRequest { password }) = body;
        let password = password.as_ref().map(Text::as_str);
        let enrolment = state.services.second_factors.begin(&actor, password).await?;
        Ok(Json(enrolment.into()))
    }

    /// Confirm a second factor
    ///
    /// Takes a code as the proof that the authenticator has the secret. From now on logins ask for codes; all other
    /// sessions end. The recovery codes are shown this once.
    #[oai(path = "/confirm", method = "post", operation_id = "confirm_totp")]
    async fn confirm(
        &self,
        Data(state): Data<&AppState>,
        AuthenticatedForSetup(actor): AuthenticatedForSetup,
        body: JsonBody<ConfirmTotpRequest>,
    ) -> Result<Json<RecoveryCodesView>, ApiError> {
        let recovery_codes = state.services.second_factors.confirm(&actor, body.0.code.as_str()).await?;
        Ok(Json(RecoveryCodesView { recovery_codes }))
    }

    /// Give up one's second factor
    ///
    /// Needs both the password and a code. The recovery codes work no more. Where the server requires a second factor,
    /// nothing else can be done before another one is set up.
    #[oai(path = "/", method = "delete", operation_id = "disable_totp")]
    async fn disable(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<UnlockTotpRequest>,
    ) -> Result<TotpDisabled, ApiError> {
        let JsonBody(UnlockTotpRequest { password, code, recovery_code }) = body;
        let shown = second_factor(code, recovery_code)?;
        state.services.second_factors.disable(&actor, password.as_ref().map(Text::as_str), &shown).await?;
        Ok(TotpDisabled::Done)
    }

    /// Get other recovery codes
    ///
    /// Needs both the password and a code. The recovery codes until now work no more; the new ones are shown this once.
    #[oai(path = "/recovery-codes", method = "post", operation_id = "renew_recovery_codes")]
    async fn renew_recovery_codes(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<UnlockTotpRequest>,
    ) -> Result<Json<RecoveryCodesView>, ApiError> {
        let JsonBody(UnlockTotpRequest { password, code, recovery_code }) = body;
        let shown = second_factor(code, recovery_code)?;
        let password = password.as_ref().map(Text::as_str);
        let recovery_codes =
            state.services.second_factors.renew_recovery_codes(&actor, password, &shown).await?;
        Ok(Json(RecoveryCodesView { recovery_codes }))
    }
}
