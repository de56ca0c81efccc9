//! `/rooms/direct`: the room of two users.

use plaza_application::Limited;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, types::Example};
use uuid::Uuid;

use super::{RoomView, Tags};
use crate::{
    auth::Authenticated,
    json::{Json, JsonBody},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// What opening a direct room takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct OpenDirectRoomRequest {
    /// With whom.
    user_id: Uuid,
}

impl Example for OpenDirectRoomRequest {
    fn example() -> Self {
        Self { user_id: Uuid::from_u128(0x01923e5a_7b1c_7d3e_8f10_2a3b4c5d6e7f) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum DirectRoomOpened {
    /// The room was there.
    #[oai(status = 200)]
    Known(Json<RoomView>),
    /// The room was made.
    #[oai(status = 201)]
    Created(
        Json<RoomView>,
        /// Where the room is
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct DirectRoomsApi;

#[OpenApi(prefix_path = "/rooms", tag = "Tags::Rooms")]
impl DirectRoomsApi {
    /// Open a direct room
    ///
    /// The one room of oneself and somebody else; both are in it from the start, for good, and nobody else knows of
    /// it. Each sees the name of the other one as its name. Guests open one only with friends, and with those
    /// they share a room with.
    /// Making one counts as a direct message.
    #[oai(path = "/direct", method = "post", operation_id = "open_direct_room")]
    async fn open(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<OpenDirectRoomRequest>,
    ) -> Result<DirectRoomOpened, ApiError> {
        let user_id = body.0.user_id.into();
        if let Some(room) = state.services.direct.find(&actor, user_id).await? {
            return Ok(DirectRoomOpened::Known(Json(room.into())));
        }
        // A new room reaches somebody, as a message does.
        allow(state, Limited::DirectMessageBy(actor.id())).await?;
        let opened = state.services.direct.open(&actor, user_id).await?;
        let location = format!("/api/v1/rooms/{}", opened.room.room.id);
        let room = Json(RoomView::from(opened.room));
        Ok(if opened.is_new {
            DirectRoomOpened::Created(room, location)
        } else {
            DirectRoomOpened::Known(room)
        })
    }
}
