//! `/users/me/password` and `/users/{user_id}/ban`: what ends logins that are not one's own.

use plaza_application::Operator;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use uuid::Uuid;

use super::Tags;
use crate::{
    UtcTime,
    auth::Authenticated,
    json::{JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// What changing one's password takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ChangePasswordRequest {
    /// The password until now.
    current_password: Text<1, 128>,
    /// The password from now on, 8 to 128 characters.
    new_password: Text<8, 128>,
}

impl Example for ChangePasswordRequest {
    fn example() -> Self {
        Self { current_password: "correct horse battery".into(), new_password: "staple of the trade".into() }
    }
}

/// What banning a user takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct BanRequest {
    /// Why, as the user is told when they log in, at most 500 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    reason: Option<Text<0, 500>>,
    /// Until when; for good when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    until: Option<UtcTime>,
}

impl Example for BanRequest {
    fn example() -> Self {
        Self { reason: Some("Sent the same link to everybody.".into()), until: None }
    }
}

#[derive(ApiResponse)]
pub(crate) enum PasswordChanged {
    /// The new password is in force, and all other sessions have ended.
    #[oai(status = 204)]
    Done,
}

#[derive(ApiResponse)]
pub(crate) enum Banned {
    /// The user is kept out.
    #[oai(status = 204)]
    Done,
}

#[derive(ApiResponse)]
pub(crate) enum Unbanned {
    /// The user may log in.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct AccountsApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Users")]
impl AccountsApi {
    /// Change one's own password
    ///
    /// Ends all other sessions: their tokens work no more and their connections are closed. Guesses at the current
    /// password are counted like logins.
    #[oai(path = "/me/password", method = "put", operation_id = "change_password")]
    async fn change_password(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<ChangePasswordRequest>,
    ) -> Result<PasswordChanged, ApiError> {
        let JsonBody(ChangePasswordRequest { current_password, new_password }) = body;
        let accounts = &state.services.accounts;
        accounts.change_password(&actor, current_password.as_str(), new_password.as_str()).await?;
        Ok(PasswordChanged::Done)
    }

    /// Ban a user
    ///
    /// For the server's admins, and not for themselves. The user's sessions end, their connections are closed, and they
    /// cannot log in any more, until then or for good: with the right password they are told why. A second ban takes the
    /// place of the first. The last admin cannot be banned, nor an account that is deactivated: reactivate it first.
    #[oai(path = "/:user_id/ban", method = "put", operation_id = "ban_user")]
    async fn ban(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
        body: JsonBody<BanRequest>,
    ) -> Result<Banned, ApiError> {
        let JsonBody(BanRequest { reason, until }) = body;
        let (reason, until) = (reason.map(String::from).unwrap_or_default(), until.map(|until| until.0));
        state.services.user_admin.ban(Operator::User(&actor), user_id.0.into(), &reason, until).await?;
        Ok(Banned::Done)
    }

    /// Lift a ban
    ///
    /// For the server's admins. The user may log in again; sessions that ended stay so.
    #[oai(path = "/:user_id/ban", method = "delete", operation_id = "unban_user")]
    async fn unban(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<Unbanned, ApiError> {
        state.services.user_admin.unban(Operator::User(&actor), user_id.0.into()).await?;
        Ok(Unbanned::Done)
    }
}
