//! `/auth/password-reset`: another password for who has forgotten theirs.

use plaza_application::Limited;
use plaza_domain::Email;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, types::Example};

use super::Tags;
use crate::{
    client::ClientAddress,
    device::ClientDevice,
    json::{JsonBody, Text},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// What asking for a new password takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct RequestPasswordResetRequest {
    /// The account's e-mail address.
    email: Text<3, 254>,
}

impl Example for RequestPasswordResetRequest {
    fn example() -> Self {
        Self { email: "ada@example.org".into() }
    }
}

/// What setting a new password takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ResetPasswordRequest {
    /// What follows `#token=` in the link.
    token: Text<1, 128>,
    /// The password from now on, 8 to 128 characters.
    new_password: Text<8, 128>,
}

impl Example for ResetPasswordRequest {
    fn example() -> Self {
        Self {
            token: "q3J1ZfOcKx0Zk1m3o6yq0nZ0l2b8mJ4v6s1x9d7h5aE".into(),
            new_password: "staple of the trade".into(),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum ResetRequested {
    /// If there is an account with that address, a mail to it is on its way.
    #[oai(status = 202)]
    Accepted,
}

#[derive(ApiResponse)]
pub(crate) enum PasswordReset {
    /// The new password is in force, and all sessions have ended.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct PasswordResetApi;

#[OpenApi(prefix_path = "/auth", tag = "Tags::Auth")]
impl PasswordResetApi {
    /// Ask for a new password
    ///
    /// Sends a link to the account's address, which works once, for 30 minutes. Who asks again within five minutes is sent
    /// no other one, and nobody more than some a day. The answer is the same when there is no such account.
    #[oai(path = "/password-reset/request", method = "post", operation_id = "request_password_reset")]
    async fn request(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        body: JsonBody<RequestPasswordResetRequest>,
    ) -> Result<ResetRequested, ApiError> {
        let (email, from) = (body.0.email, address.to_string());
        allow(state, Limited::ResetFrom(&from)).await?;
        // However it is written: another spelling has no quota of its own.
        let account = Email::parse(email.as_str())
            .map_or_else(|_| email.as_str().trim().to_lowercase(), Email::into_string);
        allow(state, Limited::ResetOf { email: &account, from: &from }).await?;
        state.services.password_reset.request(email.as_str()).await?;
        Ok(ResetRequested::Accepted)
    }

    /// Set a new password
    ///
    /// By the link in the mail. All sessions end: their tokens work no more and their connections are closed. The address
    /// counts as confirmed. This is no login.
    #[oai(path = "/password-reset", method = "post", operation_id = "reset_password")]
    async fn reset(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        body: JsonBody<ResetPasswordRequest>,
    ) -> Result<PasswordReset, ApiError> {
        let JsonBody(ResetPasswordRequest { token, new_password }) = body;
        allow(state, Limited::LinkFrom(&address.to_string())).await?;
        state.services.password_reset.reset(token.as_str(), new_password.as_str(), &device).await?;
        Ok(PasswordReset::Done)
    }
}
