//! What the server sends, but for events.
//!
//! The doc comments are what the AsyncAPI document says: the first paragraph of a frame is its summary.

use plaza_domain::{RoomId, Seq, UserId, Version};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::ErrorFrame;
use crate::{
    UtcTime,
    routes::PresenceView,
    schema::{Count, Place},
    ws::frame::Frame,
};

/// A frame of the server's to one connection.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::ws) enum ServerFrame<'a> {
    /// The first frame after authentication: who is connected, and what to keep to.
    Hello {
        /// The version of the protocol.
        protocol: u32,
        /// The connection's id, for those who read logs.
        #[schemars(with = "Uuid")]
        connection_id: String,
        /// Who is connected.
        user: UserRef<'a>,
        /// How often to send `heartbeat`, in milliseconds; two intervals of silence end the connection.
        heartbeat_interval_ms: u64,
        /// What the connection is limited to.
        limits: Limits,
    },
    /// What was asked for is durable.
    ///
    /// It comes before anybody learns of the change, its sender included.
    Ack(Ack),
    /// A room is followed from now on; what was missed comes next.
    Subscribed {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
        /// The room's newest change.
        #[schemars(with = "Count")]
        version: Version,
        /// The place of the room's newest message; 0 when there is none.
        #[schemars(with = "Count")]
        last_seq: Seq,
        /// How far the user has read; 0 before the first message.
        #[schemars(with = "Count")]
        read_seq: Seq,
        /// How many messages the user has not read.
        #[schemars(range(min = 0))]
        unread: i64,
        /// How far each member has read; left out in large rooms.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursors: Option<Vec<Cursor>>,
        /// Whether each member is there; left out in large rooms.
        #[serde(skip_serializing_if = "Option::is_none")]
        presence: Option<Vec<PresenceView>>,
    },
    /// All that was missed in a room is told; from here on its events come as they happen.
    Synced {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
        /// Up to here everything is told.
        #[schemars(with = "Count")]
        version: Version,
    },
    /// The gap is too large to be told.
    ///
    /// Throw away what is known of the room, read its history over REST, and go on from `version`.
    Reset {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
        /// Where to go on from.
        #[schemars(with = "Count")]
        version: Version,
        /// The place of the room's newest message; 0 when there is none.
        #[schemars(with = "Count")]
        last_seq: Seq,
    },
    /// A room is followed no more.
    Unsubscribed {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
    },
    /// The answer to `heartbeat`.
    HeartbeatAck,
    /// The access token ends soon: send `authenticate` with a new one, or the connection is closed with 4401.
    TokenExpiring {
        /// When it ends.
        expires_at: UtcTime,
    },
    /// The server is going away: connect again after a while, and resume.
    Reconnect {
        /// How long to wait, in milliseconds.
        after_ms: u64,
    },
    /// A frame was not done, and nothing is changed.
    Error(ErrorFrame),
}

/// Who is connected.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::ws) struct UserRef<'a> {
    /// The user's id.
    #[schemars(with = "Uuid")]
    pub(in crate::ws) id: UserId,
    /// The user's handle.
    pub(in crate::ws) username: &'a str,
}

/// What a client should know before it runs into it.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::ws) struct Limits {
    /// The largest frame that a client may send, in bytes.
    pub(in crate::ws) frame_bytes: usize,
    /// How many messages to direct rooms a user may send in a minute.
    pub(in crate::ws) direct_per_minute: u32,
    /// How many messages to other rooms a user may send in a minute.
    pub(in crate::ws) room_per_minute: u32,
}

/// A send or a change is durable.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::ws) struct Ack {
    /// The `id` of the frame that this answers, as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) id: Option<Box<RawValue>>,
    /// The `client_id` of the frame that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) client_id: Option<String>,
    /// The message.
    #[schemars(with = "Uuid")]
    pub(in crate::ws) message_id: plaza_domain::MessageId,
    /// Its room.
    #[schemars(with = "Uuid")]
    pub(in crate::ws) room_id: RoomId,
    /// Its place in the room.
    #[schemars(with = "Place")]
    pub(in crate::ws) seq: Seq,
    /// Its last change, in the room's count of changes.
    #[schemars(with = "Place")]
    pub(in crate::ws) version: Version,
    /// When it was posted.
    pub(in crate::ws) created_at: UtcTime,
    /// Whether the `client_id` was used before: then these are the original's values. Left out when it was not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::ws) duplicate: bool,
}

/// How far a member has read.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::ws) struct Cursor {
    /// The member.
    #[schemars(with = "Uuid")]
    pub(in crate::ws) user_id: UserId,
    /// How far they have read; 0 before the first message.
    #[schemars(with = "Count")]
    pub(in crate::ws) read_seq: Seq,
}

impl ServerFrame<'_> {
    /// The frame, which must arrive.
    pub(in crate::ws) fn encode(&self) -> Frame {
        Frame::essential(self)
    }
}
