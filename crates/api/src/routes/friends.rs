//! `/friends`: who one's friends are, and whether they are there.

use plaza_application::SeenFriendship;
use plaza_domain::{Friend, Presence, Relation};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::{PresenceView, Tags, UserSummaryView};
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// A friend.
#[derive(Object, Serialize)]
pub(crate) struct FriendView {
    /// The friend.
    user: UserSummaryView,
    /// Since when.
    since: UtcTime,
    /// Whether the friend is there.
    presence: PresenceView,
}

impl FriendView {
    fn new(friend: Friend, presence: Presence) -> Self {
        Self { user: friend.user.into(), since: friend.since.into(), presence: presence.into() }
    }
}

/// A part of the list of one's friends.
#[derive(Object, Serialize)]
pub(crate) struct FriendList {
    /// The friends, in the order in which their accounts were made.
    items: Vec<FriendView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// What oneself and somebody else are to each other.
#[derive(Object, Serialize)]
pub(crate) struct FriendshipView {
    /// The other one.
    user: UserSummaryView,
    /// What they are.
    relation: RelationName,
    /// When the friendship began, or the open request was made; null without either.
    #[oai(nullable)]
    since: Option<UtcTime>,
}

impl From<SeenFriendship> for FriendshipView {
    fn from(SeenFriendship { user, relation }: SeenFriendship) -> Self {
        let (relation, since) = match relation {
            Relation::Strangers => (RelationName::Strangers, None),
            Relation::Incoming { at } => (RelationName::Incoming, Some(at)),
            Relation::Outgoing { at } => (RelationName::Outgoing, Some(at)),
            Relation::Friends { since } => (RelationName::Friends, Some(since)),
        };
        Self { user: user.into(), relation, since: since.map(UtcTime) }
    }
}

/// What oneself and somebody else are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename = "Relation", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum RelationName {
    /// Nothing.
    Strangers,
    /// They have asked.
    Incoming,
    /// Oneself has asked.
    Outgoing,
    /// Friends.
    Friends,
}

#[derive(ApiResponse)]
pub(crate) enum FriendsChanged {
    /// It is so now.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct FriendsApi;

#[OpenApi(prefix_path = "/friends", tag = "Tags::Friends")]
impl FriendsApi {
    /// List one's friends
    ///
    /// Each with whether they are there; changes of that come over the WebSocket, wherever one is connected. Nobody else
    /// sees this list.
    #[oai(path = "/", method = "get", operation_id = "list_friends")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<FriendList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.friends.list(&actor, request).await?;
        let presence = state.services.presence.of_friends(&page.items).await;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        let friends = page.items.into_iter().zip(presence);
        let items = friends.map(|(friend, presence)| FriendView::new(friend, presence)).collect();
        Ok(Json(FriendList { items, next_cursor }))
    }

    /// Show what oneself and somebody else are to each other
    ///
    /// A request of one's own that was declined looks like one that is not answered.
    #[oai(path = "/:user_id", method = "get", operation_id = "get_friendship")]
    async fn get(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The other one
        user_id: Path<Uuid>,
    ) -> Result<Json<FriendshipView>, ApiError> {
        Ok(Json(state.services.friends.get(&actor, user_id.0.into()).await?.into()))
    }

    /// End a friendship
    ///
    /// Both learn of it, and either may ask again.
    #[oai(path = "/:user_id", method = "delete", operation_id = "remove_friend")]
    async fn remove(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The friend
        user_id: Path<Uuid>,
    ) -> Result<FriendsChanged, ApiError> {
        state.services.friends.remove(&actor, user_id.0.into()).await?;
        Ok(FriendsChanged::Done)
    }
}
