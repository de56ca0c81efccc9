//! `/rooms/{room_id}/mute`: being left alone by a room.

use chrono::DateTime;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use uuid::Uuid;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, json::JsonBody, problem::ApiError, state::AppState};

/// What muting a room takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct MuteRoomRequest {
    /// Until when, in the future; until it is unmuted when it is null or left out.
    #[oai(nullable, skip_serializing_if_is_none)]
    until: Option<UtcTime>,
}

impl Example for MuteRoomRequest {
    fn example() -> Self {
        Self { until: DateTime::from_timestamp_micros(1_795_896_900_654_321).map(UtcTime) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum MuteChanged {
    /// It is so now.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct MuteApi;

#[OpenApi(prefix_path = "/rooms", tag = "Tags::Rooms")]
impl MuteApi {
    /// Mute a room
    ///
    /// For its members: notes that one wants no notifications of it. Messages arrive as before, and nobody else learns
    /// of it.
    #[oai(path = "/:room_id/mute", method = "put", operation_id = "mute_room")]
    async fn mute(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
        body: JsonBody<MuteRoomRequest>,
    ) -> Result<MuteChanged, ApiError> {
        let until = body.0.until.map(|until| until.0);
        state.services.memberships.mute(&actor, room_id.0.into(), until).await?;
        Ok(MuteChanged::Done)
    }

    /// Unmute a room
    ///
    /// Unmuting a room that is not muted changes nothing.
    #[oai(path = "/:room_id/mute", method = "delete", operation_id = "unmute_room")]
    async fn unmute(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The room
        room_id: Path<Uuid>,
    ) -> Result<MuteChanged, ApiError> {
        state.services.memberships.unmute(&actor, room_id.0.into()).await?;
        Ok(MuteChanged::Done)
    }
}
