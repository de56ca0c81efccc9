//! What the server sends, but for events.

use plaza_domain::{RoomId, Seq, UserId, Version};
use serde::Serialize;
use serde_json::value::RawValue;

use super::ErrorFrame;
use crate::{UtcTime, ws::outbox::Frame};

/// A frame of the server's to one connection.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::ws) enum ServerFrame<'a> {
    Hello {
        protocol: u32,
        connection_id: String,
        user: UserRef<'a>,
        heartbeat_interval_ms: u64,
        limits: Limits,
    },
    Ack(Ack),
    Subscribed {
        room_id: RoomId,
        version: Version,
        last_seq: Seq,
        read_seq: Seq,
        unread: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        cursors: Option<Vec<Cursor>>,
    },
    Synced {
        room_id: RoomId,
        version: Version,
    },
    Reset {
        room_id: RoomId,
        version: Version,
        last_seq: Seq,
    },
    Unsubscribed {
        room_id: RoomId,
    },
    HeartbeatAck,
    TokenExpiring {
        expires_at: UtcTime,
    },
    Reconnect {
        after_ms: u64,
    },
    Error(ErrorFrame),
}

/// Who is connected.
#[derive(Debug, Serialize)]
pub(in crate::ws) struct UserRef<'a> {
    pub(in crate::ws) id: UserId,
    pub(in crate::ws) username: &'a str,
}

/// What a client should know before it runs into it.
#[derive(Debug, Serialize)]
pub(in crate::ws) struct Limits {
    pub(in crate::ws) frame_bytes: usize,
    pub(in crate::ws) direct_per_minute: u32,
    pub(in crate::ws) room_per_minute: u32,
}

/// A send, an edit or a deletion is durable.
#[derive(Debug, Serialize)]
pub(in crate::ws) struct Ack {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) id: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) client_id: Option<String>,
    pub(in crate::ws) message_id: plaza_domain::MessageId,
    pub(in crate::ws) room_id: RoomId,
    pub(in crate::ws) seq: Seq,
    pub(in crate::ws) version: Version,
    pub(in crate::ws) created_at: UtcTime,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::ws) duplicate: bool,
}

/// How far a member has read.
#[derive(Debug, Serialize)]
pub(in crate::ws) struct Cursor {
    pub(in crate::ws) user_id: UserId,
    pub(in crate::ws) read_seq: Seq,
}

impl ServerFrame<'_> {
    /// The frame as text; it must arrive.
    pub(in crate::ws) fn encode(&self) -> Frame {
        Frame::essential(to_json(self))
    }
}

/// The JSON of a frame. Frames are made of strings, numbers and lists, which always have one.
pub(super) fn to_json<T: Serialize>(frame: &T) -> String {
    serde_json::to_string(frame).unwrap_or_else(|error| {
        tracing::error!(error = ?error, "a frame has no JSON form");
        r#"{"type":"error","code":"internal","reason":"something went wrong inside the server"}"#.to_owned()
    })
}
