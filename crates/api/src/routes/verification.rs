//! `/auth/verify-email`: users prove that they read the mail of their address.

use plaza_application::Limited;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, types::Example};

use super::Tags;
use crate::{
    auth::Authenticated,
    client::ClientAddress,
    device::ClientDevice,
    json::{JsonBody, Text},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// What using a link takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct LinkRequest {
    /// What follows `#token=` in the link.
    pub(super) token: Text<1, 128>,
}

impl Example for LinkRequest {
    fn example() -> Self {
        Self { token: "q3J1ZfOcKx0Zk1m3o6yq0nZ0l2b8mJ4v6s1x9d7h5aE".into() }
    }
}

#[derive(ApiResponse)]
pub(crate) enum Verified {
    /// The address is confirmed.
    #[oai(status = 204)]
    Done,
}

#[derive(ApiResponse)]
pub(crate) enum VerificationSent {
    /// A mail is on its way.
    #[oai(status = 202)]
    Accepted,
}

pub(crate) struct VerificationApi;

#[OpenApi(prefix_path = "/auth", tag = "Tags::Auth")]
impl VerificationApi {
    /// Confirm an address
    ///
    /// By the link in the mail that came after registering. It works once, for 24 hours, and is the only proof needed: who
    /// uses it need not be logged in.
    #[oai(path = "/verify-email", method = "post", operation_id = "verify_email")]
    async fn verify(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        body: JsonBody<LinkRequest>,
    ) -> Result<Verified, ApiError> {
        allow(state, Limited::LinkFrom(&address.to_string())).await?;
        state.services.verification.confirm(body.0.token.as_str(), &device).await?;
        Ok(Verified::Done)
    }

    /// Get another mail to confirm one's address by
    ///
    /// The link in the one before works no more.
    #[oai(path = "/verify-email/request", method = "post", operation_id = "request_email_verification")]
    async fn request(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<VerificationSent, ApiError> {
        allow(state, Limited::MailBy(actor.id())).await?;
        allow(state, Limited::DailyMailBy(actor.id())).await?;
        state.services.verification.request(&actor).await?;
        Ok(VerificationSent::Accepted)
    }
}
