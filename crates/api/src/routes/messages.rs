//! `/rooms/{room_id}/messages` and `/messages`: what is said.

use plaza_domain::{ClientId, MessageKind, SentMessage};
use poem_openapi::{Enum, Object};
use serde::Serialize;
use uuid::Uuid;

use super::UserSummaryView;
use crate::time::UtcTime;

/// What a message carries; `system` tells something that happened in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
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

/// A message; a tombstone when `deleted_at` is set: then there is no content and nothing attached.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub struct MessageView {
    /// Its id.
    pub id: Uuid,
    /// Its room.
    pub room_id: Uuid,
    /// Its place in the room: 1, 2, 3, … without gaps.
    pub seq: i64,
    /// Its last change, in the room's count of changes.
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
    /// When it was posted.
    pub created_at: UtcTime,
    /// When it was last edited.
    #[oai(nullable)]
    pub edited_at: Option<UtcTime>,
    /// When it was deleted.
    #[oai(nullable)]
    pub deleted_at: Option<UtcTime>,
}

impl From<SentMessage> for MessageView {
    fn from(SentMessage { message, sender }: SentMessage) -> Self {
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
            created_at: message.created_at.into(),
            edited_at: message.edited_at.map(UtcTime),
            deleted_at: message.deleted_at.map(UtcTime),
        }
    }
}
