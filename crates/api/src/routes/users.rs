//! `/users`: profiles.

use plaza_application::ProfileUpdate;
use plaza_domain::{FileId, SystemRole, User, UserSummary, VariantName};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path, types::Example};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{
    UtcTime,
    auth::{Authenticated, AuthenticatedForSetup},
    json::{Json, JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// A user as others see them next to what they did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Object, Serialize)]
pub(crate) struct UserSummaryView {
    /// The user's id.
    pub id: Uuid,
    /// The user's handle.
    pub username: String,
    /// The user's name.
    pub display_name: String,
}

impl From<UserSummary> for UserSummaryView {
    fn from(user: UserSummary) -> Self {
        Self {
            id: user.id.uuid(),
            username: user.username.into_string(),
            display_name: user.display_name.into_string(),
        }
    }
}

/// An account, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct UserView {
    /// The user's id.
    id: Uuid,
    /// The address, which only its owner sees.
    email: String,
    /// When its owner last proved that they read its mail; null while they have not.
    #[oai(nullable)]
    email_verified_at: Option<UtcTime>,
    /// The handle.
    username: String,
    /// The name that others see.
    display_name: String,
    /// What the user says about themselves; may be empty.
    bio: String,
    /// What the user says that they are doing; may be empty.
    status_text: String,
    /// Where the user's picture is, a square of at most 256 pixels a side.
    #[oai(nullable)]
    avatar_url: Option<String>,
    /// Where the user is, which only they see: a name in the IANA time zone database.
    time_zone: String,
    /// In which language the user is written to, which only they see: a tag such as `pt-BR` (BCP 47).
    locale: String,
    /// What the user may do on the server.
    role: SystemRoleName,
    /// When the account was made.
    created_at: UtcTime,
    /// When it was last changed.
    updated_at: UtcTime,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.uuid(),
            email: user.email.into_string(),
            email_verified_at: user.email_verified_at.map(UtcTime::from),
            username: user.username.into_string(),
            display_name: user.display_name.into_string(),
            bio: user.bio.into_string(),
            status_text: user.status_text.into_string(),
            avatar_url: user.avatar_file_id.map(avatar_url),
            time_zone: user.time_zone.into_string(),
            locale: user.locale.into_string(),
            role: user.role.into(),
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
        }
    }
}

/// An account, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct ProfileView {
    /// The user's id.
    id: Uuid,
    /// The handle.
    username: String,
    /// The name that others see.
    display_name: String,
    /// What the user says about themselves; may be empty.
    bio: String,
    /// What the user says that they are doing; may be empty.
    status_text: String,
    /// Where the user's picture is, a square of at most 256 pixels a side.
    #[oai(nullable)]
    avatar_url: Option<String>,
    /// What the user may do on the server.
    role: SystemRoleName,
    /// When the account was made.
    created_at: UtcTime,
    /// Whether the user is gone: only what they wrote is left, from a `deleted-…`.
    is_deleted: bool,
}

fn avatar_url(file_id: FileId) -> String {
    format!("/api/v1/files/{file_id}/variants/{}", VariantName::Avatar.as_str())
}

impl From<User> for ProfileView {
    fn from(user: User) -> Self {
        Self {
            is_deleted: user.is_erased(),
            id: user.id.uuid(),
            username: user.username.into_string(),
            display_name: user.display_name.into_string(),
            bio: user.bio.into_string(),
            status_text: user.status_text.into_string(),
            avatar_url: user.avatar_file_id.map(avatar_url),
            role: user.role.into(),
            created_at: user.created_at.into(),
        }
    }
}

/// What a user may do on the server as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "SystemRole", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum SystemRoleName {
    /// Runs the server.
    Admin,
    /// The usual.
    Member,
    /// Sees only what they were invited to.
    Guest,
}

impl From<SystemRole> for SystemRoleName {
    fn from(role: SystemRole) -> Self {
        match role {
            SystemRole::Admin => Self::Admin,
            SystemRole::Member => Self::Member,
            SystemRole::Guest => Self::Guest,
        }
    }
}

impl From<SystemRoleName> for SystemRole {
    fn from(role: SystemRoleName) -> Self {
        match role {
            SystemRoleName::Admin => Self::Admin,
            SystemRoleName::Member => Self::Member,
            SystemRoleName::Guest => Self::Guest,
        }
    }
}

/// What changing a profile takes; what is left out or null stays.
#[derive(Object)]
#[oai(example)]
pub(crate) struct UpdateUserRequest {
    /// A handle of 3 to 32 letters, digits, `_`, `.` or `-`; unique on the server. It changes at most twice in 30 days,
    /// and for as long nobody else can have the one before.
    #[oai(nullable, skip_serializing_if_is_none)]
    username: Option<Text<3, 32>>,
    /// The name that others see, 1 to 64 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    display_name: Option<Text<1, 64>>,
    /// What the user says about themselves, at most 500 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    bio: Option<Text<0, 500>>,
    /// What the user says that they are doing, at most 100 characters in one line.
    #[oai(nullable, skip_serializing_if_is_none)]
    status_text: Option<Text<0, 100>>,
    /// A name in the IANA time zone database, such as `Europe/Berlin`.
    #[oai(nullable, skip_serializing_if_is_none)]
    time_zone: Option<Text<1, 64>>,
    /// A language, its script and its region, the latter two where needed, such as `de`, `pt-BR` or `zh-Hant-TW`.
    #[oai(nullable, skip_serializing_if_is_none)]
    locale: Option<Text<2, 35>>,
}

impl Example for UpdateUserRequest {
    fn example() -> Self {
        Self {
            username: None,
            display_name: Some("Ada".into()),
            bio: Some("Engines.".into()),
            status_text: Some("At the mill".into()),
            time_zone: Some("Europe/London".into()),
            locale: Some("en-GB".into()),
        }
    }
}

pub(crate) struct UsersApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Users")]
impl UsersApi {
    /// Show one's own account
    ///
    /// With the address, which others do not see.
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn me(
        &self,
        Data(state): Data<&AppState>,
        AuthenticatedForSetup(actor): AuthenticatedForSetup,
    ) -> Result<Json<UserView>, ApiError> {
        Ok(Json(state.services.users.get(&actor, actor.id()).await?.into()))
    }

    /// Change one's own account
    ///
    /// What is left out stays as it is. A handle that is given up leads nowhere, and its user can take it back. The
    /// address is changed in another way: see `/users/me/email-change`.
    #[oai(path = "/me", method = "put", operation_id = "update_me")]
    async fn update_me(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<UpdateUserRequest>,
    ) -> Result<Json<UserView>, ApiError> {
        let JsonBody(request) = body;
        let update = ProfileUpdate {
            username: request.username.map(Into::into),
            display_name: request.display_name.map(Into::into),
            bio: request.bio.map(Into::into),
            status_text: request.status_text.map(Into::into),
            time_zone: request.time_zone.map(Into::into),
            locale: request.locale.map(Into::into),
        };
        Ok(Json(state.services.users.update(&actor, update).await?.into()))
    }

    /// Show somebody's profile
    ///
    /// What the members of the server may know about a user. Guests see friends, those whom they share a room with, and
    /// those whom a request to be friends or a block connects them with.
    #[oai(path = "/:user_id", method = "get", operation_id = "get_user")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<Json<ProfileView>, ApiError> {
        Ok(Json(state.services.users.get(&actor, user_id.0.into()).await?.into()))
    }
}
