//! `/admin/users`: accounts as the server's admins look after them.

use plaza_application::{Operator, Page};
use plaza_domain::{Suspension, SuspensionKind, SystemRole, User, UserId, repository::UserFilter};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, users::SystemRoleName};
use crate::{
    UtcTime,
    auth::Authenticated,
    cursor,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// Why an account may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "SuspensionKind", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum SuspensionKindName {
    /// Its user has broken the rules.
    Banned,
    /// Nobody uses it any more.
    Deactivated,
}

impl From<SuspensionKind> for SuspensionKindName {
    fn from(kind: SuspensionKind) -> Self {
        match kind {
            SuspensionKind::Banned => Self::Banned,
            SuspensionKind::Deactivated => Self::Deactivated,
        }
    }
}

/// That an account may not be used.
#[derive(Object, Serialize)]
pub(crate) struct SuspensionView {
    /// Of what kind.
    kind: SuspensionKindName,
    /// Since when.
    since: UtcTime,
    /// Until when; null for good.
    #[oai(nullable)]
    until: Option<UtcTime>,
    /// Why, as its user is told; may be empty.
    reason: String,
}

impl From<Suspension> for SuspensionView {
    fn from(suspension: Suspension) -> Self {
        Self {
            kind: suspension.kind.into(),
            since: suspension.since.into(),
            until: suspension.until.map(UtcTime::from),
            reason: suspension.reason,
        }
    }
}

/// An account, as the server's admins see it.
#[derive(Object, Serialize)]
pub(crate) struct AdminUserView {
    /// The user's id.
    id: Uuid,
    /// The address.
    email: String,
    /// When it was last confirmed.
    #[oai(nullable)]
    email_verified_at: Option<UtcTime>,
    /// The handle.
    username: String,
    /// The name that others see.
    display_name: String,
    /// What the user may do on the server.
    role: SystemRoleName,
    /// Whether it has a password.
    has_password: bool,
    /// That it may not be used, and why.
    #[oai(nullable)]
    suspension: Option<SuspensionView>,
    /// When it is erased, as its user wants.
    #[oai(nullable)]
    erase_at: Option<UtcTime>,
    /// When it was erased.
    #[oai(nullable)]
    erased_at: Option<UtcTime>,
    /// When it was made.
    created_at: UtcTime,
    /// When it was last changed.
    updated_at: UtcTime,
}

impl From<User> for AdminUserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.uuid(),
            email: user.email.into_string(),
            email_verified_at: user.email_verified_at.map(UtcTime::from),
            username: user.username.into_string(),
            display_name: user.display_name.into_string(),
            role: user.role.into(),
            has_password: user.password_hash.is_some(),
            suspension: user.suspension.map(SuspensionView::from),
            erase_at: user.erase_at.map(UtcTime::from),
            erased_at: user.erased_at.map(UtcTime::from),
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
        }
    }
}

/// A part of the list of accounts.
#[derive(Object, Serialize)]
pub(crate) struct AdminUserList {
    /// The accounts, the newest first.
    items: Vec<AdminUserView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Page<User, UserId>> for AdminUserList {
    fn from(page: Page<User, UserId>) -> Self {
        Self {
            next_cursor: page.next.map(|id| cursor::encode(id.uuid())),
            items: page.items.into_iter().map(AdminUserView::from).collect(),
        }
    }
}

/// What changing a user's role takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ChangeSystemRoleRequest {
    /// What the user may do on the server from now on.
    role: SystemRoleName,
}

impl Example for ChangeSystemRoleRequest {
    fn example() -> Self {
        Self { role: SystemRoleName::Guest }
    }
}

/// What deactivating an account takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct DeactivateRequest {
    /// Why, as its user is told, at most 500 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    reason: Option<Text<0, 500>>,
}

impl Example for DeactivateRequest {
    fn example() -> Self {
        Self { reason: Some("Has left the club.".into()) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum AccountChanged {
    /// It is as it was asked for.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct AdminUsersApi;

#[OpenApi(prefix_path = "/admin/users", tag = "Tags::Admin")]
impl AdminUsersApi {
    /// List accounts
    ///
    /// Those that fit everything that is given, the newest first.
    #[oai(path = "/", method = "get", operation_id = "list_accounts")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the request")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// How their handle, address or name begins, in any case; letters of names beyond ASCII best as they are written
        #[oai(validator(max_length = 254))]
        search: Query<Option<String>>,
        /// What they may do on the server
        role: Query<Option<SystemRoleName>>,
        /// Whether they are banned or deactivated
        suspended: Query<Option<bool>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<AdminUserList>, ApiError> {
        let filter =
            UserFilter { search: search.0, role: role.0.map(SystemRole::from), is_suspended: suspended.0 };
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        Ok(Json(state.services.user_admin.list(Operator::User(&actor), filter, request).await?.into()))
    }

    /// Show an account
    ///
    /// With what only its owner and the server's admins see.
    #[oai(path = "/:user_id", method = "get", operation_id = "inspect_account")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<Json<AdminUserView>, ApiError> {
        Ok(Json(state.services.user_admin.get(Operator::User(&actor), user_id.0.into()).await?.into()))
    }

    /// Change what a user may do on the server
    ///
    /// Who may do less from then on has to log in again. The last admin stays one.
    #[oai(path = "/:user_id/role", method = "put", operation_id = "change_system_role")]
    async fn change_role(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
        body: JsonBody<ChangeSystemRoleRequest>,
    ) -> Result<Json<AdminUserView>, ApiError> {
        let role = body.0.role.into();
        let by = Operator::User(&actor);
        Ok(Json(state.services.user_admin.set_role(by, user_id.0.into(), role).await?.into()))
    }

    /// Deactivate an account
    ///
    /// One that nobody uses any more: its sessions end, and nobody can log in to it. Not one's own, not the last
    /// admin's, and not one that is banned: lift the ban first.
    #[oai(path = "/:user_id/deactivation", method = "put", operation_id = "deactivate_account")]
    async fn deactivate(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
        body: JsonBody<DeactivateRequest>,
    ) -> Result<AccountChanged, ApiError> {
        let reason = body.0.reason.map(String::from).unwrap_or_default();
        state.services.user_admin.deactivate(Operator::User(&actor), user_id.0.into(), &reason).await?;
        Ok(AccountChanged::Done)
    }

    /// Reactivate an account
    ///
    /// It can be logged in to again; sessions that ended stay so.
    #[oai(path = "/:user_id/deactivation", method = "delete", operation_id = "reactivate_account")]
    async fn reactivate(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<AccountChanged, ApiError> {
        state.services.user_admin.reactivate(Operator::User(&actor), user_id.0.into()).await?;
        Ok(AccountChanged::Done)
    }

    /// Confirm a user's address
    ///
    /// As if they had followed the link in a mail.
    #[oai(path = "/:user_id/email-verification", method = "put", operation_id = "verify_account")]
    async fn verify_email(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<Json<AdminUserView>, ApiError> {
        let by = Operator::User(&actor);
        Ok(Json(state.services.user_admin.verify_email(by, user_id.0.into()).await?.into()))
    }

    /// Take away a user's second factor
    ///
    /// For one who has lost it, and the recovery codes too: they log in with their password alone, and have to log in
    /// again. Not one's own.
    #[oai(path = "/:user_id/second-factor", method = "delete", operation_id = "reset_second_factor")]
    async fn reset_second_factor(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<AccountChanged, ApiError> {
        let by = Operator::User(&actor);
        state.services.second_factors.reset_second_factor(by, user_id.0.into()).await?;
        Ok(AccountChanged::Done)
    }

    /// End all sessions of a user
    ///
    /// Their tokens work no more and their connections are closed.
    #[oai(path = "/:user_id/sessions", method = "delete", operation_id = "end_sessions_of_user")]
    async fn end_sessions(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<AccountChanged, ApiError> {
        state.services.user_admin.end_sessions(Operator::User(&actor), user_id.0.into()).await?;
        Ok(AccountChanged::Done)
    }
}
