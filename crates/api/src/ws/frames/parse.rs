//! Reading what clients send, in one pass.

use std::collections::HashMap;

use plaza_domain::{FileId, MessageId, RoomId, Seq, UserId, Version};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ClientFrame, Envelope, MessageFrame, RoomSince};

/// The longest `id` that is repeated, in bytes of its JSON.
const MAX_ID_BYTES: usize = 128;

/// Every `type` that is understood.
pub(in crate::ws) const KINDS: [&str; 13] = [
    "message",
    "group_message",
    "heartbeat",
    "typing",
    "presence",
    "read",
    "edit",
    "delete",
    "react",
    "unreact",
    "authenticate",
    "subscribe",
    "unsubscribe",
];

/// Why a text is no client frame.
#[derive(Debug)]
pub(in crate::ws) enum BadFrame {
    /// No JSON object with a `type`.
    NotAFrame,
    /// A type that this server does not know.
    UnknownType { id: Option<Box<RawValue>>, name: String },
    /// A field is missing or of the wrong type.
    Invalid { id: Option<Box<RawValue>>, client_id: Option<String>, reason: String },
}

/// Every field of every frame: parsing this is one pass without a detour over a tree.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "type")]
    kind: String,
    id: Option<Box<RawValue>>,
    token: Option<String>,
    room_id: Option<RoomId>,
    to: Option<UserId>,
    content: Option<String>,
    client_id: Option<String>,
    message_type: Option<String>,
    file_id: Option<FileId>,
    image_url: Option<String>,
    parent_id: Option<MessageId>,
    message_id: Option<MessageId>,
    emoji: Option<String>,
    seq: Option<Seq>,
    active: Option<bool>,
    status: Option<String>,
    seen: Option<HashMap<RoomId, Version>>,
    rooms: Option<Vec<RawRoom>>,
}

/// An entry of `rooms`: an object in `subscribe`, a bare id in `unsubscribe`.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawRoom {
    Id(RoomId),
    Since(RoomSince),
}

/// The part of a frame that is read again to answer one whose fields are wrong.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    id: Option<Box<RawValue>>,
    client_id: Option<serde_json::Value>,
}

impl Envelope {
    /// Reads a client frame.
    ///
    /// # Errors
    /// Why it is none.
    pub(in crate::ws) fn parse(text: &str) -> Result<Self, BadFrame> {
        let mut fields: Fields = serde_json::from_str(text).map_err(|error| explain(text, &error))?;
        let id = fields.id.take().filter(|id| id.get().len() <= MAX_ID_BYTES);
        let client_id = fields.client_id.take();
        match frame(fields) {
            Ok(frame) => Ok(Self { id, client_id, frame }),
            Err(Missing::Type(name)) => Err(BadFrame::UnknownType { id, name }),
            Err(Missing::Field(name)) => {
                Err(BadFrame::Invalid { id, client_id, reason: format!("{name} is required") })
            }
        }
    }
}

enum Missing {
    Type(String),
    Field(&'static str),
}

fn frame(fields: Fields) -> Result<ClientFrame, Missing> {
    let require = Missing::Field;
    Ok(match fields.kind.as_str() {
        "message" => ClientFrame::Message(Box::new(message(fields))),
        "group_message" => ClientFrame::GroupMessage(Box::new(message(fields))),
        "heartbeat" => ClientFrame::Heartbeat { seen: fields.seen.unwrap_or_default() },
        "typing" => ClientFrame::Typing { room_id: fields.room_id, active: fields.active.unwrap_or(true) },
        "presence" => ClientFrame::Presence { status: fields.status.ok_or(require("status"))? },
        "read" => {
            ClientFrame::Read { room_id: fields.room_id, seq: fields.seq, message_id: fields.message_id }
        }
        "edit" => ClientFrame::Edit {
            message_id: fields.message_id.ok_or(require("message_id"))?,
            content: fields.content.ok_or(require("content"))?,
        },
        "delete" => ClientFrame::Delete { message_id: fields.message_id.ok_or(require("message_id"))? },
        "react" => ClientFrame::React {
            message_id: fields.message_id.ok_or(require("message_id"))?,
            emoji: fields.emoji.ok_or(require("emoji"))?,
        },
        "unreact" => ClientFrame::Unreact {
            message_id: fields.message_id.ok_or(require("message_id"))?,
            emoji: fields.emoji.ok_or(require("emoji"))?,
        },
        "authenticate" => ClientFrame::Authenticate { token: fields.token.ok_or(require("token"))? },
        "subscribe" => {
            let with_since = |room| match room {
                RawRoom::Since(room) => room,
                RawRoom::Id(room_id) => RoomSince { room_id, since: None },
            };
            let rooms = fields.rooms.ok_or(require("rooms"))?;
            ClientFrame::Subscribe { rooms: rooms.into_iter().map(with_since).collect() }
        }
        "unsubscribe" => {
            let id_of = |room| match room {
                RawRoom::Since(room) => room.room_id,
                RawRoom::Id(room_id) => room_id,
            };
            let rooms = fields.rooms.ok_or(require("rooms"))?;
            ClientFrame::Unsubscribe { rooms: rooms.into_iter().map(id_of).collect() }
        }
        _ => return Err(Missing::Type(fields.kind)),
    })
}

fn message(fields: Fields) -> MessageFrame {
    MessageFrame {
        room_id: fields.room_id,
        to: fields.to,
        content: fields.content.unwrap_or_default(),
        message_type: fields.message_type,
        file_id: fields.file_id,
        image_url: fields.image_url,
        parent_id: fields.parent_id,
    }
}

/// Tells a frame with wrong fields from a text that is no frame at all.
fn explain(text: &str, error: &serde_json::Error) -> BadFrame {
    match serde_json::from_str::<Head>(text) {
        Ok(head) if error.is_data() => {
            let id = head.id.filter(|id| id.get().len() <= MAX_ID_BYTES);
            let client_id = head.client_id.and_then(|value| value.as_str().map(str::to_owned));
            let known = KINDS.contains(&head.kind.as_str());
            if known {
                let reason = format!("a field of this {} frame has the wrong type", head.kind);
                BadFrame::Invalid { id, client_id, reason }
            } else {
                BadFrame::UnknownType { id, name: head.kind }
            }
        }
        _ => BadFrame::NotAFrame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_is_listed_is_understood() {
        for kind in KINDS {
            let text = format!(r#"{{"type":"{kind}"}}"#);
            assert!(
                !matches!(Envelope::parse(&text), Err(BadFrame::UnknownType { .. })),
                "{kind} is not understood"
            );
        }
    }

    #[test]
    fn what_is_no_frame_is_told_from_a_frame_with_wrong_fields() {
        for text in ["", "null", "[]", "\"x\"", "{", "{}", r#"{"type":1}"#] {
            assert!(matches!(Envelope::parse(text), Err(BadFrame::NotAFrame)), "{text:?}");
        }
        for text in [
            r#"{"type":"message","room_id":7}"#,
            r#"{"type":"message","room_id":"x","id":"1"}"#,
            r#"{"type":"message","to":"ada"}"#,
            r#"{"type":"edit"}"#,
            r#"{"type":"read","seq":"1"}"#,
            r#"{"type":"presence"}"#,
            r#"{"type":"presence","status":1}"#,
            r#"{"type":"subscribe","rooms":{}}"#,
        ] {
            assert!(matches!(Envelope::parse(text), Err(BadFrame::Invalid { .. })), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_type_is_named_and_unknown_fields_are_ignored() {
        let unknown = Envelope::parse(r#"{"type":"dance","id":7}"#);
        assert!(matches!(unknown, Err(BadFrame::UnknownType { name, id: Some(_) }) if name == "dance"));
        assert!(Envelope::parse(r#"{"type":"heartbeat","mood":"good"}"#).is_ok());
    }
}
