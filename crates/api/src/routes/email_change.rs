//! `/users/me/email-change` and `/auth/email-change`: an account moves to another address.

use plaza_application::{EmailChange, Limited};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, types::Example};
use serde::Serialize;

use super::{Tags, verification::LinkRequest};
use crate::{
    auth::Authenticated,
    client::ClientAddress,
    device::ClientDevice,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// What asking for a change of address takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ChangeEmailRequest {
    /// The address from then on.
    new_email: Text<3, 254>,
    /// The account's password; one without it needs a login of the last five minutes instead.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<1, 128>>,
}

impl Example for ChangeEmailRequest {
    fn example() -> Self {
        Self { new_email: "lovelace@example.org".into(), password: Some("correct horse battery".into()) }
    }
}

/// How far a change of address has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum EmailChangeState {
    /// The link in the mail to the other address is still to be used.
    Waiting,
    /// The account has moved.
    Done,
}

/// How far a change of address has got.
#[derive(Object, Serialize)]
pub(crate) struct EmailChangeView {
    /// How far.
    state: EmailChangeState,
}

impl From<EmailChange> for EmailChangeView {
    fn from(change: EmailChange) -> Self {
        let state = match change {
            EmailChange::Waiting => EmailChangeState::Waiting,
            EmailChange::Done => EmailChangeState::Done,
        };
        Self { state }
    }
}

#[derive(ApiResponse)]
pub(crate) enum EmailChangeRequested {
    /// Mails to both addresses are on their way.
    #[oai(status = 202)]
    Accepted,
}

pub(crate) struct EmailChangeApi;

#[OpenApi(tag = "Tags::Users")]
impl EmailChangeApi {
    /// Ask for a change of one's address
    ///
    /// Sends a link to the address until now and one to the new one. When both have been used within 24 hours, in either
    /// order, the account moves. Guesses at the password are counted like logins.
    #[oai(path = "/users/me/email-change", method = "post", operation_id = "request_email_change")]
    async fn request(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<ChangeEmailRequest>,
    ) -> Result<EmailChangeRequested, ApiError> {
        let JsonBody(ChangeEmailRequest { new_email, password }) = body;
        allow(state, Limited::MailBy(actor.id())).await?;
        allow(state, Limited::DailyMailBy(actor.id())).await?;
        let password = password.as_ref().map(Text::as_str);
        state.services.email_change.request(&actor, new_email.as_str(), password).await?;
        Ok(EmailChangeRequested::Accepted)
    }

    /// Agree to a change of address
    ///
    /// By the link in one of the two mails; who uses it need not be logged in.
    #[oai(path = "/auth/email-change", method = "post", operation_id = "confirm_email_change")]
    async fn confirm(
        &self,
        Data(state): Data<&AppState>,
        address: ClientAddress,
        ClientDevice(device): ClientDevice,
        body: JsonBody<LinkRequest>,
    ) -> Result<Json<EmailChangeView>, ApiError> {
        allow(state, Limited::LinkFrom(&address.to_string())).await?;
        Ok(Json(state.services.email_change.confirm(body.0.token.as_str(), &device).await?.into()))
    }
}
