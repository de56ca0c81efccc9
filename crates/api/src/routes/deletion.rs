//! `DELETE /users/me`: one's account ends.

use plaza_domain::Timestamp;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use serde::Serialize;

use super::Tags;
use crate::{
    UtcTime,
    auth::Authenticated,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// What ending one's account takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct DeleteAccountRequest {
    /// The account's password. One without a password is ended by who has logged in within 5 minutes.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<1, 128>>,
}

impl Example for DeleteAccountRequest {
    fn example() -> Self {
        Self { password: Some("correct horse battery".into()) }
    }
}

/// When an account is erased.
#[derive(Object, Serialize)]
pub(crate) struct DeletionView {
    /// When. A login before then calls it off, where there is a time of grace.
    erase_at: UtcTime,
}

impl From<Timestamp> for DeletionView {
    fn from(erase_at: Timestamp) -> Self {
        Self { erase_at: erase_at.into() }
    }
}

pub(crate) struct DeletionApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Users")]
impl DeletionApi {
    /// End one's account
    ///
    /// All sessions end at once. After 14 days, in which a login calls it off, everything that tells of the user is
    /// erased: the address and the handle are free again, uploads that nothing shows are deleted, and rooms without
    /// another owner go to who comes first there. Messages stay, as from a deleted user. The server's last admin cannot
    /// go. Guesses at the password are counted like logins.
    #[oai(path = "/me", method = "delete", operation_id = "delete_me")]
    async fn delete(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<DeleteAccountRequest>,
    ) -> Result<Json<DeletionView>, ApiError> {
        let JsonBody(DeleteAccountRequest { password }) = body;
        let password = password.as_ref().map(Text::as_str);
        let erase_at = state.services.erasure.request(&actor, password).await?;
        Ok(Json(erase_at.into()))
    }
}
