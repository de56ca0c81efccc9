//! How a message looks, in REST and in frames alike.

use plaza_domain::{ClientId, MessageKind, Reaction, SentMessage, UserId};
use poem_openapi::{Enum, Object};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::UserSummaryView;
use crate::UtcTime;

/// How many of those who used an emoji are named with a message; all of them are listed elsewhere.
const NAMED_REACTORS: usize = 20;

/// What a message carries; `system` tells something that happened in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, JsonSchema, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// Words.
    Text,
    /// A picture, with or without words.
    Image,
    /// A file, with or without words.
    File,
    /// Something that happened in the room.
    System,
}

impl From<MessageKind> for MessageType {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Image => Self::Image,
            MessageKind::File => Self::File,
            MessageKind::System => Self::System,
        }
    }
}

impl From<MessageType> for MessageKind {
    fn from(kind: MessageType) -> Self {
        match kind {
            MessageType::Text => Self::Text,
            MessageType::Image => Self::Image,
            MessageType::File => Self::File,
            MessageType::System => Self::System,
        }
    }
}

/// A message; a tombstone when `deleted_at` is set: then there is no content and nothing attached.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Object, Serialize)]
pub(crate) struct MessageView {
    /// Its id.
    pub id: Uuid,
    /// Its room.
    pub room_id: Uuid,
    /// Its place in the room: 1, 2, 3, … without gaps.
    #[schemars(range(min = 1))]
    pub seq: i64,
    /// Its last change, in the room's count of changes.
    #[schemars(range(min = 1))]
    pub version: i64,
    /// Who wrote it, or did what a system message tells.
    pub sender: UserSummaryView,
    /// What it carries.
    pub message_type: MessageType,
    /// Markdown as its author wrote it.
    pub content: String,
    /// The same as sanitised HTML.
    pub content_html: String,
    /// The name that its sender's client gave it.
    #[oai(nullable)]
    pub client_id: Option<String>,
    /// The upload that it carries.
    #[oai(nullable)]
    pub file_id: Option<Uuid>,
    /// The same by its short form, when it was sent by it.
    #[oai(nullable)]
    pub image_url: Option<String>,
    /// The message that it replies to.
    #[oai(nullable)]
    pub parent_id: Option<Uuid>,
    /// What a system message tells: `member_joined`, `member_left`, `member_added`, `member_removed` or `room_renamed`.
    #[oai(nullable)]
    pub system_event: Option<String>,
    /// How many replies there are to it that are not deleted.
    #[schemars(range(min = 0))]
    pub reply_count: i64,
    /// When the newest of them was posted.
    #[oai(nullable)]
    pub last_reply_at: Option<UtcTime>,
    /// When it was pinned to its room.
    #[oai(nullable)]
    pub pinned_at: Option<UtcTime>,
    /// Who pinned it.
    #[oai(nullable)]
    pub pinned_by: Option<Uuid>,
    /// The users whom it mentions by name, in the order of their ids.
    pub mentions: Vec<UserSummaryView>,
    /// Whether it mentions everybody in the room.
    pub mentions_room: bool,
    /// The reactions to it, by emoji, in the order in which each was first used.
    pub reactions: Vec<ReactionView>,
    /// When it was posted.
    pub created_at: UtcTime,
    /// When it was last edited.
    #[oai(nullable)]
    pub edited_at: Option<UtcTime>,
    /// When it was deleted.
    #[oai(nullable)]
    pub deleted_at: Option<UtcTime>,
}

/// An emoji under a message.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Object, Serialize)]
pub(crate) struct ReactionView {
    /// The emoji.
    pub emoji: String,
    /// How many used it.
    #[schemars(range(min = 1))]
    pub count: usize,
    /// Whether the viewer did.
    pub me: bool,
    /// The first 20 who did.
    #[schemars(length(max = 20))]
    pub user_ids: Vec<Uuid>,
}

impl ReactionView {
    fn seen_by(reaction: Reaction, viewer: Option<UserId>) -> Self {
        let Reaction { emoji, user_ids } = reaction;
        Self {
            emoji: emoji.into_string(),
            count: user_ids.len(),
            me: viewer.is_some_and(|viewer| user_ids.contains(&viewer)),
            user_ids: user_ids.into_iter().take(NAMED_REACTORS).map(UserId::uuid).collect(),
        }
    }
}

/// As those see it who have not reacted to it.
impl From<SentMessage> for MessageView {
    fn from(sent: SentMessage) -> Self {
        Self::show(sent, None)
    }
}

impl MessageView {
    /// As `viewer` sees it.
    pub(crate) fn seen_by(sent: SentMessage, viewer: UserId) -> Self {
        Self::show(sent, Some(viewer))
    }

    fn show(sent: SentMessage, viewer: Option<UserId>) -> Self {
        let SentMessage { message, sender, reactions, mentions } = sent;
        Self {
            id: message.id.uuid(),
            room_id: message.room_id.uuid(),
            seq: message.seq.get(),
            version: message.version.get(),
            sender: sender.into(),
            message_type: message.kind.into(),
            content: message.content.into_string(),
            content_html: message.content_html,
            client_id: message.client_id.map(ClientId::into_string),
            file_id: message.file_id.map(|id| id.uuid()),
            image_url: message.image_url,
            parent_id: message.parent_id.map(|id| id.uuid()),
            system_event: message.system_event.map(|event| event.as_str().to_owned()),
            reply_count: message.reply_count,
            last_reply_at: message.last_reply_at.map(UtcTime),
            pinned_at: message.pinned.map(|pin| UtcTime(pin.at)),
            pinned_by: message.pinned.map(|pin| pin.by.uuid()),
            mentions: mentions.into_iter().map(UserSummaryView::from).collect(),
            mentions_room: message.mentions_room,
            reactions: reactions
                .into_iter()
                .map(|reaction| ReactionView::seen_by(reaction, viewer))
                .collect(),
            created_at: message.created_at.into(),
            edited_at: message.edited_at.map(UtcTime),
            deleted_at: message.deleted_at.map(UtcTime),
        }
    }
}
