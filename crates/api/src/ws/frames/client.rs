//! What clients send.

use std::collections::HashMap;

use plaza_domain::{FileId, MessageId, RoomId, Seq, UserId, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::schema::Count;

/// A room to follow, and from where.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::ws) struct RoomSince {
    /// The room.
    #[schemars(with = "Uuid")]
    pub(in crate::ws) room_id: RoomId,
    /// The version up to which everything is known; what was not delivered yet when it is left out.
    #[schemars(with = "Option<Count>")]
    pub(in crate::ws) since: Option<Version>,
}

/// A client frame with what every frame may carry.
#[derive(Debug, JsonSchema)]
pub(in crate::ws) struct Envelope {
    /// What the client calls this frame, at most 128 bytes of JSON; repeated in its `ack` or `error`.
    pub(in crate::ws) id: Option<Box<RawValue>>,
    /// A name for this send, 1 to 64 printable ASCII characters: sending a message again gives the same one back.
    /// Repeated in the `ack` or `error` of any frame.
    pub(in crate::ws) client_id: Option<String>,
    /// What is asked for.
    #[schemars(skip)]
    pub(in crate::ws) frame: ClientFrame,
}

/// A client frame. A `room_id` that is left out is the connection's own room.
///
/// The doc comments are what the AsyncAPI document says: the first paragraph of a frame is its summary.
#[derive(Debug, JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case")]
pub(in crate::ws) enum ClientFrame {
    /// Proves who is connecting, or that a session goes on.
    ///
    /// As the first frame of a connection that has no other proof, within 5 seconds: answered by `hello`. Later, with a
    /// newer token of the same user: answered by nothing, or by `error`.
    Authenticate {
        /// An access token.
        token: String,
    },
    /// Posts a message.
    ///
    /// Answered by `ack` when it is durable; then everybody in the room gets `message`.
    Message(Box<MessageFrame>),
    /// The same as `message`, for clients that call it so.
    GroupMessage(Box<MessageFrame>),
    /// Changes what one's own message says.
    ///
    /// Answered by `ack`; then everybody in the room gets `message_updated`.
    Edit {
        /// The message.
        #[schemars(with = "Uuid")]
        message_id: MessageId,
        /// Markdown, 1 to 4000 characters.
        content: String,
    },
    /// Deletes a message: one's own, or as an admin of the room anybody's.
    ///
    /// Answered by `ack`; then everybody in the room gets `message_deleted`.
    Delete {
        /// The message.
        #[schemars(with = "Uuid")]
        message_id: MessageId,
    },
    /// Reacts to a message with an emoji.
    ///
    /// Answered by `ack`; then everybody in the room gets `message_updated`. Doing it again changes nothing.
    React {
        /// The message.
        #[schemars(with = "Uuid")]
        message_id: MessageId,
        /// One emoji.
        emoji: String,
    },
    /// Takes a reaction back.
    ///
    /// Answered by `ack`; then everybody in the room gets `message_updated`. Taking back what is not there changes
    /// nothing.
    Unreact {
        /// The message.
        #[schemars(with = "Uuid")]
        message_id: MessageId,
        /// The emoji.
        emoji: String,
    },
    /// Tells how far one has read: one of `seq` and `message_id` says how far.
    ///
    /// The room gets `read_receipt`.
    Read {
        /// The room; may be left out on the connection of one room.
        #[schemars(with = "Option<Uuid>")]
        room_id: Option<RoomId>,
        /// The place of the last message that was read.
        #[schemars(with = "Option<Count>")]
        seq: Option<Seq>,
        /// The last message that was read.
        #[schemars(with = "Option<Uuid>")]
        message_id: Option<MessageId>,
    },
    /// Tells that one types.
    ///
    /// The others in the room get `typing`.
    Typing {
        /// The room; may be left out on the connection of one room.
        #[schemars(with = "Option<Uuid>")]
        room_id: Option<RoomId>,
        /// Whether one types now; true when it is left out.
        #[schemars(with = "Option<bool>")]
        active: bool,
    },
    /// Tells whether one is there.
    ///
    /// Those who share a room get `presence` when it changes what the user is: of several connections `dnd` counts most,
    /// then `online`, then `away`. Until it is sent, a connection counts as `online`.
    Presence {
        /// `online`, `away` or `dnd`.
        #[schemars(extend("enum" = ["online", "away", "dnd"]))]
        status: String,
    },
    /// A sign of life.
    ///
    /// Answered by `heartbeat_ack`. Two intervals of silence end the connection with 4408.
    Heartbeat {
        /// By room, the version up to which everything has arrived.
        #[schemars(with = "Option<HashMap<Uuid, Count>>")]
        seen: HashMap<RoomId, Version>,
    },
    /// Follows rooms.
    ///
    /// Answered, for each room, by `subscribed`, the events that were missed, and `synced`; or by `error`.
    Subscribe {
        /// The rooms, at most 100.
        #[schemars(length(max = 100))]
        rooms: Vec<RoomSince>,
    },
    /// Follows rooms no more.
    ///
    /// Answered by `unsubscribed` for each room.
    Unsubscribe {
        /// The rooms.
        #[schemars(with = "Vec<Uuid>")]
        rooms: Vec<RoomId>,
    },
}

impl ClientFrame {
    /// Whether it says something to others.
    pub(in crate::ws) const fn takes_part(&self) -> bool {
        matches!(self, Self::Message(_) | Self::GroupMessage(_) | Self::Edit { .. })
    }
}

/// A message to post.
#[derive(Debug, JsonSchema)]
pub(in crate::ws) struct MessageFrame {
    /// The room; may be left out on the connection of one room.
    #[schemars(with = "Option<Uuid>")]
    pub(in crate::ws) room_id: Option<RoomId>,
    /// A user: the message goes to the direct room with them, which is opened when there is none. Not together with
    /// `room_id`, and not on the connection of one room.
    #[schemars(with = "Option<Uuid>")]
    pub(in crate::ws) to: Option<UserId>,
    /// Markdown, at most 4000 characters; pictures and files may go without.
    #[schemars(with = "Option<String>")]
    pub(in crate::ws) content: String,
    /// `text`, `image` or `file`; `text` when it is left out.
    #[schemars(extend("enum" = ["text", "image", "file", null]))]
    pub(in crate::ws) message_type: Option<String>,
    /// One's own upload, for pictures and files.
    #[schemars(with = "Option<Uuid>")]
    pub(in crate::ws) file_id: Option<FileId>,
    /// The same by its short form, `/media/…`, for pictures.
    pub(in crate::ws) image_url: Option<String>,
    /// The message that it replies to.
    #[schemars(with = "Option<Uuid>")]
    pub(in crate::ws) parent_id: Option<MessageId>,
}
