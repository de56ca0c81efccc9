//! `/presence` and `/users/{user_id}/presence`: who is there.

use plaza_domain::{Availability, Presence, UserId};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path, types::Example};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{
    UtcTime,
    auth::Authenticated,
    json::{Json, JsonBody},
    problem::ApiError,
    state::AppState,
};

/// Whether a user is there.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Object, Serialize)]
pub(crate) struct PresenceView {
    /// The user's id.
    pub user_id: Uuid,
    /// What the user is, by all of their connections.
    pub status: PresenceStatus,
    /// When the last connection of an offline user ended; null while the user is connected, and when that is not known
    /// or not to be known.
    #[oai(nullable)]
    pub last_seen_at: Option<UtcTime>,
}

impl From<Presence> for PresenceView {
    fn from(presence: Presence) -> Self {
        Self {
            user_id: presence.user_id.uuid(),
            status: presence.availability.into(),
            last_seen_at: presence.last_seen_at.map(UtcTime),
        }
    }
}

/// What a user is. Of several connections of theirs `dnd` counts most, then `online`, then `away`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum PresenceStatus {
    /// Connected.
    Online,
    /// Connected, and not looking.
    Away,
    /// Connected, and not to be disturbed.
    Dnd,
    /// Not connected, or not known to who asks.
    Offline,
}

impl From<Option<Availability>> for PresenceStatus {
    fn from(availability: Option<Availability>) -> Self {
        match availability {
            Some(Availability::Online) => Self::Online,
            Some(Availability::Away) => Self::Away,
            Some(Availability::Dnd) => Self::Dnd,
            None => Self::Offline,
        }
    }
}

/// Whom to look for.
#[derive(Object)]
#[oai(example)]
pub(crate) struct QueryPresenceRequest {
    /// At most 200 users.
    #[oai(validator(max_items = "200"))]
    user_ids: Vec<Uuid>,
}

impl Example for QueryPresenceRequest {
    fn example() -> Self {
        Self { user_ids: vec![Uuid::from_u128(0x01a1_fbea_bf03_71b1_974b_6d51_9ed5_298a)] }
    }
}

/// Whether users are there.
#[derive(Object, Serialize)]
pub(crate) struct PresenceList {
    /// One entry for each user, in the order in which they were named.
    items: Vec<PresenceView>,
}

pub(crate) struct PresenceApi;

#[OpenApi(tag = "Tags::Presence")]
impl PresenceApi {
    /// Show whether a user is there
    ///
    /// Somebody who is no friend and with whom one shares no room, or between whom and oneself a block stands, is shown
    /// as `offline`, and when they were last seen is not told.
    #[oai(path = "/users/:user_id/presence", method = "get", operation_id = "get_presence")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The user
        user_id: Path<Uuid>,
    ) -> Result<Json<PresenceView>, ApiError> {
        Ok(Json(state.services.presence.get(&actor, user_id.0.into()).await?.into()))
    }

    /// Show which of some users are there
    ///
    /// Those who are no friends and with whom one shares no room, those between whom and oneself a block stands, and those
    /// who do not exist are shown as `offline`. Changes come over the WebSocket to a user's friends, and to those who share
    /// a room of at most 200 members with the user; in larger rooms this is how to learn of them.
    #[oai(path = "/presence/query", method = "post", operation_id = "query_presence")]
    async fn query(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<QueryPresenceRequest>,
    ) -> Result<Json<PresenceList>, ApiError> {
        let user_ids: Vec<UserId> = body.0.user_ids.into_iter().map(UserId::new).collect();
        let found = state.services.presence.query(&actor, &user_ids).await?;
        Ok(Json(PresenceList { items: found.into_iter().map(Into::into).collect() }))
    }
}
