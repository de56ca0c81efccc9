//! `/rooms`: made, listed, changed, deleted.

use plaza_application::{NewRoom, RoomUpdate};
use plaza_domain::{RoomKind, SeenRoom, repository::RoomFilter};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Tags, UserSummaryView,
    overviews::{RoomList, RoomOverviewView},
};
use crate::{
    UtcTime,
    auth::Authenticated,
    cursor,
    json::{Json, JsonBody, Text},
    problem::ApiError,
    state::AppState,
};

/// What a room belongs to: `room` stands alone, `channel` belongs to a group, `direct` has exactly two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoomType {
    /// Stands alone.
    Room,
    /// Belongs to a group.
    Channel,
    /// Exactly two users.
    Direct,
}

impl From<RoomKind> for RoomType {
    fn from(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Room => Self::Room,
            RoomKind::Channel => Self::Channel,
            RoomKind::Direct => Self::Direct,
        }
    }
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Object, Serialize)]
pub(crate) struct RoomView {
    /// Its id.
    pub id: Uuid,
    /// What it belongs to.
    pub kind: RoomType,
    /// Its name; of a direct room the name of the other one.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Whether only its members know that it exists.
    pub is_private: bool,
    /// Who made it.
    pub created_by: Uuid,
    /// The place of its newest message; 0 when there is none.
    #[schemars(range(min = 0))]
    pub last_seq: i64,
    /// Its newest change of any kind: where to begin to follow its change feed.
    #[schemars(range(min = 0))]
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When its name, description or privacy last changed.
    pub updated_at: UtcTime,
    /// Of a direct room the other one; null for other rooms.
    #[oai(nullable)]
    pub peer: Option<UserSummaryView>,
}

impl From<SeenRoom> for RoomView {
    fn from(SeenRoom { room, peer }: SeenRoom) -> Self {
        let peer = peer.map(UserSummaryView::from);
        let name = peer.as_ref().map(|peer| peer.display_name.clone());
        Self {
            id: room.id.uuid(),
            kind: room.kind.into(),
            name: name.unwrap_or_else(|| room.name.into_string()),
            description: room.description.into_string(),
            is_private: room.is_private,
            created_by: room.created_by.uuid(),
            last_seq: room.last_seq.get(),
            version: room.version.get(),
            created_at: room.created_at.into(),
            updated_at: room.updated_at.into(),
            peer,
        }
    }
}

/// What making a room takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct CreateRoomRequest {
    /// 1 to 80 characters.
    name: Text<1, 80>,
    /// What it is for, at most 500 characters; empty when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    description: Option<Text<0, 500>>,
    /// Whether only its members know that it exists; not so when it is left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    is_private: Option<bool>,
}

impl Example for CreateRoomRequest {
    fn example() -> Self {
        Self {
            name: "Lounge".into(),
            description: Some("For everything else".into()),
            is_private: Some(false),
        }
    }
}

/// What changing a room takes; what is left out or null stays.
#[derive(Object)]
#[oai(example)]
pub(crate) struct UpdateRoomRequest {
    /// 1 to 80 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    name: Option<Text<1, 80>>,
    /// What it is for, at most 500 characters.
    #[oai(nullable, skip_serializing_if_is_none)]
    description: Option<Text<0, 500>>,
    /// Whether only its members know that it exists.
    #[oai(nullable, skip_serializing_if_is_none)]
    is_private: Option<bool>,
}

impl Example for UpdateRoomRequest {
    fn example() -> Self {
        Self { name: Some("Salon".into()), description: None, is_private: None }
    }
}

#[derive(ApiResponse)]
pub(crate) enum RoomCreated {
    /// The room was made; who asked is its owner.
    #[oai(status = 201)]
    Created(
        Json<RoomView>,
        /// Where the room is
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum RoomDeleted {
    /// The room is gone.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct RoomsApi;

#[OpenApi(prefix_path = "/rooms", tag = "Tags::Rooms")]
impl RoomsApi {
    /// List rooms
    ///
    /// Public rooms and those one is in, newest first; direct rooms under the name of the other one. With `mine`, those
    /// one is in, each with one's own membership and the newest message, those where something was said last first.
    /// Cursors of one list do not fit the other.
    #[oai(path = "/", method = "get", operation_id = "list_rooms")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Only rooms that one is in
        mine: Query<Option<bool>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<RoomList>, ApiError> {
        if mine.0.unwrap_or_default() {
            let request = cursor::activity_page(cursor.0.as_deref(), limit.0)?;
            let page = state.services.overviews.list(&actor, request).await?;
            let items = page.items.into_iter().map(RoomOverviewView::from).collect();
            return Ok(Json(RoomList { items, next_cursor: page.next.map(cursor::encode_activity) }));
        }
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.rooms.list(&actor, RoomFilter::Visible, request).await?;
        let items = page.items.into_iter().map(RoomOverviewView::from).collect();
        Ok(Json(RoomList { items, next_cursor: page.next.map(|id| cursor::encode(id.uuid())) }))
    }

    /// Open a room
    ///
    /// Who opens it becomes its owner.
    #[oai(path = "/", method = "post", operation_id = "create_room")]
    async fn create(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<CreateRoomRequest>,
    ) -> Result<RoomCreated, ApiError> {
        let JsonBody(CreateRoomRequest { name, description, is_private }) = body;
        let new = NewRoom {
            name: name.into(),
            description: description.map(Into::into).unwrap_or_default(),
            is_private: is_private.unwrap_or_default(),
        };
        let room = state.services.rooms.create(&actor, new).await?;
        let location = format!("/api/v1/rooms/{}", room.id);
        Ok(RoomCreated::Created(Json(SeenRoom::from(room).into()), location))
    }

    /// Show a room
    ///
    /// A private room is shown to its members only; for others it does not exist. To members, with their membership
    /// and the newest message.
    #[oai(path = "/:room_id", method = "get", operation_id = "get_room")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<Json<RoomOverviewView>, ApiError> {
        Ok(Json(state.services.overviews.get(&actor, room_id.0.into()).await?.into()))
    }

    /// Change a room
    ///
    /// For its admins and owners. What is left out stays; a new name is told in the room.
    #[oai(path = "/:room_id", method = "patch", operation_id = "update_room")]
    async fn update(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        body: JsonBody<UpdateRoomRequest>,
    ) -> Result<Json<RoomView>, ApiError> {
        let JsonBody(UpdateRoomRequest { name, description, is_private }) = body;
        let update =
            RoomUpdate { name: name.map(Into::into), description: description.map(Into::into), is_private };
        let room = state.services.rooms.update(&actor, room_id.0.into(), update).await?;
        Ok(Json(SeenRoom::from(room).into()))
    }

    /// Delete a room
    ///
    /// For its owners. It is gone for everybody.
    #[oai(path = "/:room_id", method = "delete", operation_id = "delete_room")]
    async fn delete(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<RoomDeleted, ApiError> {
        state.services.rooms.delete(&actor, room_id.0.into()).await?;
        Ok(RoomDeleted::Done)
    }
}
