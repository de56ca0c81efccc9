//! `/rooms/{room_id}/members`: who is in a room, and in which role.

use plaza_domain::{MemberProfile, MemberRole};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, UserSummaryView};
use crate::{
    UtcTime,
    auth::Authenticated,
    cursor,
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// What a member may do in a room: `member` reads and writes, `admin` also changes the room and moderates, `owner`
/// also gives roles and deletes the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Reads and writes.
    Member,
    /// Also changes the room, adds and removes members, deletes others' messages.
    Admin,
    /// Also gives roles and deletes the room.
    Owner,
}

impl From<MemberRole> for RoomRole {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::Member => Self::Member,
            MemberRole::Admin => Self::Admin,
            MemberRole::Owner => Self::Owner,
        }
    }
}

impl From<RoomRole> for MemberRole {
    fn from(role: RoomRole) -> Self {
        match role {
            RoomRole::Member => Self::Member,
            RoomRole::Admin => Self::Admin,
            RoomRole::Owner => Self::Owner,
        }
    }
}

/// A user in a room.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct MemberView {
    /// The user.
    pub user: UserSummaryView,
    /// What they may do in the room.
    pub role: RoomRole,
    /// When they last joined.
    pub joined_at: UtcTime,
    /// When they left; null while they are in the room.
    #[oai(nullable)]
    pub left_at: Option<UtcTime>,
    /// How far they have read; null for those who show no receipts.
    #[oai(nullable)]
    pub read_seq: Option<i64>,
}

impl From<MemberProfile> for MemberView {
    fn from(MemberProfile { member, user, shows_receipts }: MemberProfile) -> Self {
        Self {
            user: user.into(),
            role: member.role.into(),
            joined_at: member.joined_at.into(),
            left_at: member.left_at.map(UtcTime),
            read_seq: shows_receipts.then(|| member.read_seq.get()),
        }
    }
}

/// A part of the list of members.
#[derive(Object, Serialize)]
pub(crate) struct MemberList {
    /// The members, in the order in which their accounts were made.
    items: Vec<MemberView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// What adding a member takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct AddMemberRequest {
    /// Who becomes a member.
    user_id: Uuid,
    /// In which role; `member` when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    role: Option<RoomRole>,
}

impl Example for AddMemberRequest {
    fn example() -> Self {
        Self {
            user_id: Uuid::from_u128(0x01923e5a_7b1c_7d3e_8f10_2a3b4c5d6e7f),
            role: Some(RoomRole::Member),
        }
    }
}

/// What changing a role takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct ChangeRoleRequest {
    /// The new role.
    role: RoomRole,
}

impl Example for ChangeRoleRequest {
    fn example() -> Self {
        Self { role: RoomRole::Admin }
    }
}

#[derive(ApiResponse)]
pub(crate) enum MemberAdded {
    /// They are a member now.
    #[oai(status = 201)]
    Created(
        Json<MemberView>,
        /// Where the membership is
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum MembershipEnded {
    /// They are a member no more.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct MembersApi;

#[OpenApi(prefix_path = "/rooms", tag = "Tags::Members")]
impl MembersApi {
    /// Join a public room
    ///
    /// Joining twice changes nothing more.
    #[oai(path = "/:room_id/join", method = "post", operation_id = "join_room")]
    async fn join(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<Json<MemberView>, ApiError> {
        Ok(Json(state.services.memberships.join(&actor, room_id.0.into()).await?.into()))
    }

    /// Leave a room
    ///
    /// The last owner cannot leave: a room keeps one.
    #[oai(path = "/:room_id/leave", method = "post", operation_id = "leave_room")]
    async fn leave(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<MembershipEnded, ApiError> {
        state.services.memberships.leave(&actor, room_id.0.into()).await?;
        Ok(MembershipEnded::Done)
    }

    /// List members
    ///
    /// Those who are in the room now.
    #[oai(path = "/:room_id/members", method = "get", operation_id = "list_members")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<MemberList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.memberships.list(&actor, room_id.0.into(), request).await?;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        Ok(Json(MemberList { items: page.items.into_iter().map(MemberView::from).collect(), next_cursor }))
    }

    /// Add a member
    ///
    /// For admins and owners; roles above `member` are given by owners only.
    #[oai(path = "/:room_id/members", method = "post", operation_id = "add_member")]
    async fn add(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        body: JsonBody<AddMemberRequest>,
    ) -> Result<MemberAdded, ApiError> {
        let role = body.0.role.unwrap_or(RoomRole::Member).into();
        let user_id = body.0.user_id;
        let added = state.services.memberships.add(&actor, room_id.0.into(), user_id.into(), role).await?;
        let location = format!("/api/v1/rooms/{}/members/{user_id}", room_id.0);
        Ok(MemberAdded::Created(Json(added.into()), location))
    }

    /// Change a member's role
    ///
    /// For owners. The last owner cannot get another role: a room keeps one.
    #[oai(path = "/:room_id/members/:user_id", method = "patch", operation_id = "change_member_role")]
    async fn change_role(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        /// The member
        user_id: Path<Uuid>,
        body: JsonBody<ChangeRoleRequest>,
    ) -> Result<Json<MemberView>, ApiError> {
        let memberships = &state.services.memberships;
        let role = body.0.role.into();
        let changed = memberships.change_role(&actor, room_id.0.into(), user_id.0.into(), role).await?;
        Ok(Json(changed.into()))
    }

    /// Remove a member
    ///
    /// Admins remove members, owners remove anybody, and everybody may remove themselves.
    #[oai(path = "/:room_id/members/:user_id", method = "delete", operation_id = "remove_member")]
    async fn remove(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        /// The member
        user_id: Path<Uuid>,
    ) -> Result<MembershipEnded, ApiError> {
        state.services.memberships.remove(&actor, room_id.0.into(), user_id.0.into()).await?;
        Ok(MembershipEnded::Done)
    }
}
