//! `/users/{user_id}/block` and `/users/me/blocks`: hearing nothing from somebody.

use plaza_domain::BlockedUser;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, UserSummaryView};
use crate::{UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, state::AppState};

/// Somebody whom one has blocked.
#[derive(Object, Serialize)]
pub(crate) struct BlockView {
    /// The user.
    user: UserSummaryView,
    /// Since when.
    created_at: UtcTime,
}

impl From<BlockedUser> for BlockView {
    fn from(BlockedUser { user, created_at }: BlockedUser) -> Self {
        Self { user: user.into(), created_at: created_at.into() }
    }
}

/// A part of the list of those whom one has blocked.
#[derive(Object, Serialize)]
pub(crate) struct BlockList {
    /// The blocked users, in the order in which their accounts were made.
    items: Vec<BlockView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

#[derive(ApiResponse)]
pub(crate) enum BlockChanged {
    /// It is so now.
    #[oai(status = 204)]
    Done,
}

pub(crate) struct BlocksApi;

#[OpenApi(prefix_path = "/users", tag = "Tags::Users")]
impl BlocksApi {
    /// Block somebody
    ///
    /// Messages between the two of you stop both ways, and so does presence; the other one is not told. You are friends
    /// no more, and requests to be end: to the other one it looks as if theirs was never answered. What was written
    /// before stays, and rooms with others are as they were. Blocking twice changes nothing more.
    #[oai(path = "/:user_id/block", method = "put", operation_id = "block_user")]
    async fn block(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who is blocked
        user_id: Path<Uuid>,
    ) -> Result<BlockChanged, ApiError> {
        state.services.blocks.block(&actor, user_id.0.into()).await?;
        Ok(BlockChanged::Done)
    }

    /// Take a block back
    ///
    /// What was not said meanwhile is not made up for.
    #[oai(path = "/:user_id/block", method = "delete", operation_id = "unblock_user")]
    async fn unblock(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// Who is blocked no more
        user_id: Path<Uuid>,
    ) -> Result<BlockChanged, ApiError> {
        state.services.blocks.unblock(&actor, user_id.0.into()).await?;
        Ok(BlockChanged::Done)
    }

    /// List whom one has blocked
    ///
    /// Nobody else sees this list.
    #[oai(path = "/me/blocks", method = "get", operation_id = "list_blocks")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<BlockList>, ApiError> {
        let request = cursor::page(cursor.0.as_deref(), limit.0)?;
        let page = state.services.blocks.list(&actor, request).await?;
        let next_cursor = page.next.map(|id| cursor::encode(id.uuid()));
        Ok(Json(BlockList { items: page.items.into_iter().map(BlockView::from).collect(), next_cursor }))
    }
}
