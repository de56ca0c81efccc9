//! `/messages/{message_id}/receipts`: who read a message, and when.

use plaza_application::Receipts;
use plaza_domain::Receipt;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Serialize;
use uuid::Uuid;

use super::{Tags, UserSummaryView};
use crate::{UtcTime, auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// How far a message got with one member.
#[derive(Object, Serialize)]
pub(crate) struct ReceiptView {
    /// The member.
    user: UserSummaryView,
    /// Whether it reached one of their clients.
    is_delivered: bool,
    /// Whether they read it.
    is_read: bool,
    /// When they read it; null when they did not, and when that is no longer known: it is remembered for the thousand
    /// messages before a member's place.
    #[oai(nullable)]
    read_at: Option<UtcTime>,
}

impl From<Receipt> for ReceiptView {
    fn from(Receipt { user, is_delivered, is_read, read_at }: Receipt) -> Self {
        Self { user: user.into(), is_delivered, is_read, read_at: read_at.map(UtcTime) }
    }
}

/// How far a message got. It is for those who are in the room and were when it was posted, other than its sender.
#[derive(Object, Serialize)]
pub(crate) struct ReceiptsView {
    /// Each of those whom it is for and who show receipts; empty when `counts_only`.
    items: Vec<ReceiptView>,
    /// Whether the room is too large, with more than 200 members, to tell who it was.
    counts_only: bool,
    /// How many it is for, also those who show no receipts.
    member_count: i64,
    /// How many of them have it and show it.
    delivered_count: i64,
    /// How many of them read it and show it.
    read_count: i64,
}

impl From<Receipts> for ReceiptsView {
    fn from(Receipts { named, counts }: Receipts) -> Self {
        Self {
            counts_only: named.is_none(),
            items: named.into_iter().flatten().map(ReceiptView::from).collect(),
            member_count: counts.members,
            delivered_count: counts.delivered,
            read_count: counts.read,
        }
    }
}

pub(crate) struct ReceiptsApi;

#[OpenApi(prefix_path = "/messages", tag = "Tags::Messages")]
impl ReceiptsApi {
    /// Show who read a message
    ///
    /// For members of its room. Who shows no receipts is not among those who are told of.
    #[oai(path = "/:message_id/receipts", method = "get", operation_id = "get_receipts")]
    async fn receipts(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
    ) -> Result<Json<ReceiptsView>, ApiError> {
        Ok(Json(state.services.receipts.of(&actor, message_id.0.into()).await?.into()))
    }
}
