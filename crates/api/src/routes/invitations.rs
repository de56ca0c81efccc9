//! `/admin/invitations`: codes that let people register, for the server's admins.

use plaza_application::{InvitationOrder, Operator, Page};
use plaza_domain::{Invitation, InvitationId, SystemRole};
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

/// What those are who register with an invitation.
#[derive(Clone, Copy, Debug, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvitedRole {
    /// The usual.
    Member,
    /// They see only what they are invited to.
    Guest,
}

impl From<InvitedRole> for SystemRole {
    fn from(role: InvitedRole) -> Self {
        match role {
            InvitedRole::Member => Self::Member,
            InvitedRole::Guest => Self::Guest,
        }
    }
}

/// What making an invitation takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct InvitationRequest {
    /// What it is for, at most 100 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    note: Option<Text<0, 100>>,
    /// What those are on the server who register with it.
    role: InvitedRole,
    /// How many can register with it.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    max_uses: u32,
    /// How many days it works.
    #[oai(validator(minimum(value = "1"), maximum(value = "365")))]
    days: u32,
}

impl Example for InvitationRequest {
    fn example() -> Self {
        Self { note: Some("The choir".into()), role: InvitedRole::Member, max_uses: 30, days: 7 }
    }
}

/// An invitation, without its code: that is told once.
#[derive(Object, Serialize)]
pub(crate) struct InvitationView {
    /// Its id.
    id: Uuid,
    /// What it is for.
    note: String,
    /// What those are on the server who register with it.
    role: SystemRoleName,
    /// Who made it; null for one that was made at the command line.
    #[oai(nullable)]
    created_by: Option<Uuid>,
    /// How many can register with it.
    max_uses: u32,
    /// How many have.
    uses: u32,
    /// When it was made.
    created_at: UtcTime,
    /// Until when it works.
    expires_at: UtcTime,
    /// Since when it works no more, because somebody wanted so.
    #[oai(nullable)]
    revoked_at: Option<UtcTime>,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id.uuid(),
            note: invitation.note.into_string(),
            role: invitation.role.into(),
            created_by: invitation.created_by.map(|id| id.uuid()),
            max_uses: invitation.max_uses,
            uses: invitation.uses,
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
            revoked_at: invitation.revoked_at.map(UtcTime::from),
        }
    }
}

/// An invitation with its code.
#[derive(Object, Serialize)]
pub(crate) struct NewInvitationView {
    /// What registering takes as `invitation_code`. It is told this once.
    code: String,
    /// The invitation.
    invitation: InvitationView,
}

impl From<(Invitation, String)> for NewInvitationView {
    fn from((invitation, code): (Invitation, String)) -> Self {
        Self { code, invitation: invitation.into() }
    }
}

/// A part of the list of invitations.
#[derive(Object, Serialize)]
pub(crate) struct InvitationList {
    /// The invitations, newest first.
    items: Vec<InvitationView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Page<Invitation, InvitationId>> for InvitationList {
    fn from(page: Page<Invitation, InvitationId>) -> Self {
        Self {
            next_cursor: page.next.map(|id| cursor::encode(id.uuid())),
            items: page.items.into_iter().map(InvitationView::from).collect(),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum Invited {
    /// It works from now on.
    #[oai(status = 201)]
    Created(Json<NewInvitationView>),
}

#[derive(ApiResponse)]
pub(crate) enum InvitationRevoked {
    /// It works no more.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct InvitationsApi;

#[OpenApi(prefix_path = "/admin/invitations", tag = "Tags::Admin")]
impl InvitationsApi {
    /// Invite people
    ///
    /// The answer has the code that they register with; nobody can look it up later.
    #[oai(path = "/", method = "post", operation_id = "create_invitation")]
    async fn create(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<InvitationRequest>,
    ) -> Result<Invited, ApiError> {
        let JsonBody(InvitationRequest { note, role, max_uses, days }) = body;
        let order = InvitationOrder {
            note: note.map(String::from).unwrap_or_default(),
            role: role.into(),
            max_uses,
            days,
        };
        let made = state.services.invitations.create(Operator::User(&actor), order).await?;
        Ok(Invited::Created(Json(made.into())))
    }

    /// List invitations
    ///
    /// Also those that work no more.
    #[oai(path = "/", method = "get", operation_id = "list_invitations")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<InvitationList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        Ok(Json(state.services.invitations.list(Operator::User(&actor), request).await?.into()))
    }

    /// Revoke an invitation
    ///
    /// Nobody can register with it any more. Those who have stay.
    #[oai(path = "/:invitation_id", method = "delete", operation_id = "revoke_invitation")]
    async fn revoke(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The invitation
        invitation_id: Path<Uuid>,
    ) -> Result<InvitationRevoked, ApiError> {
        state.services.invitations.revoke(Operator::User(&actor), invitation_id.0.into()).await?;
        Ok(InvitationRevoked::Done)
    }
}
