//! `/messages/{message_id}/reactions`: what users say to a message without words.

use plaza_application::Limited;
use plaza_domain::{Emoji, ReactionEntry, UserId};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;
use uuid::Uuid;

use super::{MessageView, Tags, UserSummaryView};
use crate::{
    UtcTime, auth::Authenticated, cursor, json::Json, problem::ApiError, rate_limit::allow, state::AppState,
};

/// A reaction, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct ReactionEntryView {
    /// Who reacted.
    user: UserSummaryView,
    /// With which emoji.
    emoji: String,
    /// When.
    created_at: UtcTime,
}

impl From<ReactionEntry> for ReactionEntryView {
    fn from(ReactionEntry { user, emoji, created_at }: ReactionEntry) -> Self {
        Self { user: user.into(), emoji: emoji.into_string(), created_at: created_at.into() }
    }
}

/// A part of the list of reactions.
#[derive(Object, Serialize)]
pub(crate) struct ReactionList {
    /// The reactions, by user.
    items: Vec<ReactionEntryView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

pub(crate) struct ReactionsApi;

#[OpenApi(prefix_path = "/messages", tag = "Tags::Messages")]
impl ReactionsApi {
    /// List reactions
    ///
    /// Who reacted to a message with what; for members of its room.
    #[oai(path = "/:message_id/reactions", method = "get", operation_id = "list_reactions")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        /// The most entries, 1 to 100; 50 when left out
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u64>>,
        /// The `next_cursor` of the answer before
        cursor: Query<Option<String>>,
    ) -> Result<Json<ReactionList>, ApiError> {
        let request = cursor::page_by(cursor.0.as_deref(), limit.0, parse_key)?;
        let page = state.services.reactions.list(&actor, message_id.0.into(), request).await?;
        let next_cursor = page.next.map(|(user_id, emoji)| {
            cursor::encode_key(&[user_id.uuid().as_bytes(), emoji.as_str().as_bytes()].concat())
        });
        let items = page.items.into_iter().map(ReactionEntryView::from).collect();
        Ok(Json(ReactionList { items, next_cursor }))
    }

    /// React to a message
    ///
    /// For members of its room. Reacting with the same emoji again changes nothing. A message takes at most 20
    /// different emoji and 1,000 reactions.
    #[oai(path = "/:message_id/reactions/:emoji", method = "put", operation_id = "react")]
    async fn react(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        /// One emoji, percent-encoded
        emoji: Path<String>,
    ) -> Result<Json<MessageView>, ApiError> {
        allow(state, Limited::ReactionBy(actor.id())).await?;
        let sent = state.services.reactions.react(&actor, message_id.0.into(), &emoji.0, |_| {}).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }

    /// Take a reaction back
    ///
    /// Taking back what is not there changes nothing.
    #[oai(path = "/:message_id/reactions/:emoji", method = "delete", operation_id = "unreact")]
    async fn unreact(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The message
        message_id: Path<Uuid>,
        /// One emoji, percent-encoded
        emoji: Path<String>,
    ) -> Result<Json<MessageView>, ApiError> {
        allow(state, Limited::ReactionBy(actor.id())).await?;
        let sent = state.services.reactions.unreact(&actor, message_id.0.into(), &emoji.0, |_| {}).await?;
        Ok(Json(MessageView::seen_by(sent, actor.id())))
    }
}

/// Reads what a cursor holds: a user and an emoji.
fn parse_key(key: &[u8]) -> Option<(UserId, Emoji)> {
    let (user_id, emoji) = key.split_at_checked(16)?;
    let emoji = Emoji::parse(str::from_utf8(emoji).ok()?).ok()?;
    Some((UserId::new(Uuid::from_slice(user_id).ok()?), emoji))
}
