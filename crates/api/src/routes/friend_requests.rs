//! `/friends/requests`: asking somebody to be friends, and answering.

use plaza_application::Limited;
use plaza_domain::{FriendRequest, RequestDirection};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Tags, UserSummaryView,
    friends::{FriendsChanged, FriendshipView},
};
use crate::{
    UtcTime,
    auth::Authenticated,
    cursor,
    json::{Json, JsonBody},
    problem::ApiError,
    rate_limit::allow,
    state::AppState,
};

/// A request that is not answered.
#[derive(Object, Serialize)]
pub(crate) struct FriendRequestView {
    /// The other one: who asks, or is asked.
    user: UserSummaryView,
    /// When it was made.
    created_at: UtcTime,
}

impl From<FriendRequest> for FriendRequestView {
    fn from(FriendRequest { user, at }: FriendRequest) -> Self {
        Self { user: user.into(), created_at: at.into() }
    }
}

/// A part of the list of requests.
#[derive(Object, Serialize)]
pub(crate) struct FriendRequestList {
    /// The requests, the newest first.
    items: Vec<FriendRequestView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// Whose requests are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "RequestDirection", rename_all = "snake_case")]
pub(crate) enum RequestDirectionName {
    /// Those that others made.
    Incoming,
    /// One's own.
    Outgoing,
}

impl From<RequestDirectionName> for RequestDirection {
    fn from(direction: RequestDirectionName) -> Self {
        match direction {
            RequestDirectionName::Incoming => Self::Incoming,
            RequestDirectionName::Outgoing => Self::Outgoing,
        }
    }
}

/// What asking somebody takes.
#[derive(Object)]
#[oai(example)]
pub(crate) struct AskFriendRequest {
    /// Whom.
    user_id: Uuid,
}

impl Example for AskFriendRequest {
    fn example() -> Self {
        Self { user_id: Uuid::from_u128(0x01923e5a_7b1c_7d3e_8f10_2a3b4c5d6e7f) }
    }
}

#[derive(ApiResponse)]
pub(crate) enum FriendAsked {
    /// They had asked, and both are friends now; or there was nothing to ask for.
    #[oai(status = 200)]
    Known(Json<FriendshipView>),
    /// They are asked.
    #[oai(status = 201)]
    Created(
        Json<FriendshipView>,
        /// Where the answer is seen
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct FriendRequestsApi;

#[OpenApi(prefix_path = "/friends/requests", tag = "Tags::Friends")]
impl FriendRequestsApi {
    /// List requests to be friends
    ///
    /// Those that are open: of others, which wait for one's answer, or one's own.
    #[oai(path = "/", method = "get", operation_id = "list_friend_requests")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Those of others (`incoming`, also when left out), or one's own (`outgoing`)
        direction: Query<Option<RequestDirectionName>>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<FriendRequestList>, ApiError> {
        let request = cursor::timed_page(cursor.0.as_deref(), limit.0)?;
        let direction = direction.0.unwrap_or(RequestDirectionName::Incoming);
        let page = state.services.friends.requests(&actor, direction.into(), request).await?;
        let next_cursor = page.next.map(|place| cursor::encode_timed(place.at, place.user_id.uuid()));
        let items = page.items.into_iter().map(FriendRequestView::from).collect();
        Ok(Json(FriendRequestList { items, next_cursor }))
    }

    /// Ask somebody to be friends
    ///
    /// Whoever has asked already is accepted by it. Asking again changes nothing; after 30 days it renews the request.
    /// Who takes a request back waits a day before asking the same user again. A request that was declined looks like one
    /// that is not answered, and for 30 days who declined hears of no other. At most 200 requests are open at a time;
    /// guests ask those only whom they share a room with.
    #[oai(path = "/", method = "post", operation_id = "request_friend")]
    async fn request(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        body: JsonBody<AskFriendRequest>,
    ) -> Result<FriendAsked, ApiError> {
        allow(state, Limited::FriendRequestBy(actor.id())).await?;
        let (friendship, is_new) = state.services.friends.request(&actor, body.0.user_id.into()).await?;
        let location = format!("/api/v1/friends/{}", friendship.user.id);
        let friendship = Json(FriendshipView::from(friendship));
        Ok(if is_new { FriendAsked::Created(friendship, location) } else { FriendAsked::Known(friendship) })
    }

    /// Take one's request back
    ///
    /// The other one learns of it, and sees the request no more.
    #[oai(path = "/:user_id", method = "delete", operation_id = "cancel_friend_request")]
    async fn cancel(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who was asked
        user_id: Path<Uuid>,
    ) -> Result<FriendsChanged, ApiError> {
        state.services.friends.cancel(&actor, user_id.0.into()).await?;
        Ok(FriendsChanged::Done)
    }

    /// Accept a request
    ///
    /// Friends see whether the other one is there, though they share no room. A user has at most 5000.
    #[oai(path = "/:user_id/accept", method = "post", operation_id = "accept_friend_request")]
    async fn accept(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who asked
        user_id: Path<Uuid>,
    ) -> Result<Json<FriendshipView>, ApiError> {
        Ok(Json(state.services.friends.accept(&actor, user_id.0.into()).await?.into()))
    }

    /// Decline a request
    ///
    /// Who made it is not told. Asking them oneself later makes both friends, as long as they have not taken it back.
    #[oai(path = "/:user_id/decline", method = "post", operation_id = "decline_friend_request")]
    async fn decline(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who asked
        user_id: Path<Uuid>,
    ) -> Result<FriendsChanged, ApiError> {
        state.services.friends.decline(&actor, user_id.0.into()).await?;
        Ok(FriendsChanged::Done)
    }
}
