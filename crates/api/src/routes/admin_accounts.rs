//! `/admin/users`: accounts that the server's admins make, give another password, and end.

use plaza_application::{DeletionOrder, NewAccount, NewPassword, Operator};
use plaza_domain::{SystemRole, User};
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, admin_users::AdminUserView, deletion::DeletionView, users::SystemRoleName};
use crate::{
    auth::Authenticated,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// What making an account for somebody takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CreateAccountRequest {
    /// The e-mail address; nobody has to confirm it.
    email: Text<3, 254>,
    /// A handle of 3 to 32 letters, digits, `_`, `.` or `-`; upper case becomes lower case; unique on the server.
    username: Text<3, 32>,
    /// The name that others see, 1 to 64 characters; the handle when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    display_name: Option<Text<1, 64>>,
    /// What the user may do on the server; a member when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    role: Option<SystemRoleName>,
    /// 8 to 128 characters, and none of those that are guessed first. Left out, one is made.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<8, 128>>,
}

impl Example for CreateAccountRequest {
    fn example() -> Self {
        Self {
            email: "grace@example.org".into(),
            username: "grace".into(),
            display_name: Some("Grace Hopper".into()),
            role: Some(SystemRoleName::Member),
            password: None,
        }
    }
}

/// What giving somebody another password takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ResetAccountPasswordRequest {
    /// 8 to 128 characters, and none of those that are guessed first. Left out, one is made.
    #[oai(nullable, skip_serializing_if_is_none)]
    password: Option<Text<8, 128>>,
}

impl Example for ResetAccountPasswordRequest {
    fn example() -> Self {
        Self { password: None }
    }
}

/// What ending somebody's account takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct OrderDeletionRequest {
    /// Why, as its user is told, at most 500 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    reason: Option<Text<0, 500>>,
    /// Whether there is no time of grace; false when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    now: Option<bool>,
}

impl Example for OrderDeletionRequest {
    fn example() -> Self {
        Self { reason: Some("Spam.".into()), now: Some(false) }
    }
}

/// An account, and its password when that was just made.
#[derive(Object, Serialize)]
pub(crate) struct MadeAccountView {
    /// The account.
    user: AdminUserView,
    /// Its password; told this once. Null when it was chosen.
    #[oai(nullable)]
    password: Option<String>,
}

impl From<(User, Option<String>)> for MadeAccountView {
    fn from((user, password): (User, Option<String>)) -> Self {
        Self { user: user.into(), password }
    }
}

#[derive(ApiResponse)]
pub(crate) enum AccountMade {
    /// It can be logged in to.
    #[oai(status = 201)]
    Created(
        Json<MadeAccountView>,
        /// Where the account is
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct AdminAccountsApi;

#[OpenApi(prefix_path = "/admin/users", tag = "Tags::Admin")]
impl AdminAccountsApi {
    /// Make an account for somebody
    ///
    /// Whoever may register. A password that is made is told in the answer, and nobody can look it up later.
    #[oai(path = "/", method = "post", operation_id = "create_account")]
    async fn create(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<CreateAccountRequest>,
    ) -> Result<AccountMade, ApiError> {
        let JsonBody(CreateAccountRequest { email, username, display_name, role, password }) = body;
        let account = NewAccount {
            email: email.into(),
            username: username.into(),
            display_name: display_name.map(String::from),
            role: role.map_or(SystemRole::Member, SystemRole::from),
            password: new_password(password),
        };
        let made = state.services.user_admin.create(Operator::User(&actor), account).await?;
        let location = format!("/api/v1/admin/users/{}", made.0.id);
        Ok(AccountMade::Created(Json(made.into()), location))
    }

    /// Give a user another password
    ///
    /// Without knowing the one before: for one who cannot read mail. Their sessions end, logins of providers are unlinked,
    /// links in mails work no more, and a mail tells them. A password that is made is told in the answer, once. Not one's
    /// own.
    #[oai(path = "/:user_id/password", method = "put", operation_id = "reset_password_of_user")]
    async fn reset_password(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
        body: JsonBody<ResetAccountPasswordRequest>,
    ) -> Result<Json<MadeAccountView>, ApiError> {
        let (users, by, id) = (&state.services.user_admin, Operator::User(&actor), user_id.0.into());
        let told = users.reset_password(by, id, new_password(body.0.password)).await?;
        Ok(Json((users.get(by, id).await?, told).into()))
    }

    /// Delete an account
    ///
    /// As if its user had ended it: their sessions end at once, and what tells of them is erased after 14 days, in which a
    /// login calls that off; with `now` it is erased within minutes, and nobody can log in any more. A mail tells them.
    /// Messages stay, as from a deleted user. A second request can bring the time forward, and never put it off. Not one's
    /// own account, and not the last admin's.
    #[oai(path = "/:user_id", method = "delete", operation_id = "delete_account")]
    async fn delete(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
        body: JsonBody<OrderDeletionRequest>,
    ) -> Result<Json<DeletionView>, ApiError> {
        let JsonBody(OrderDeletionRequest { reason, now }) = body;
        let order = DeletionOrder {
            reason: reason.map(String::from).unwrap_or_default(),
            is_immediate: now.unwrap_or_default(),
        };
        let erase_at = state.services.erasure.order(Operator::User(&actor), user_id.0.into(), order).await?;
        Ok(Json(erase_at.into()))
    }
}

fn new_password(chosen: Option<Text<8, 128>>) -> NewPassword {
    chosen.map_or(NewPassword::Generated, |password| NewPassword::Chosen(password.into()))
}
