//! How events look to clients: encoded once, shared by all who receive them.

use plaza_application::events::{RoomEvent, RoomEventBody, Signal, UserEvent};
use plaza_domain::{Presence, RoomId, SeenRoom, SentMessage, Seq, UserId, UserSummary, Version};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{FileFrame, FriendFrame};
use crate::{
    UtcTime,
    routes::{MessageView, PresenceView, RoomRole, RoomView, UserSummaryView},
    schema::{Count, Place},
    ws::frame::Frame,
};

/// What happened, to all whom it concerns.
#[derive(JsonSchema, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::ws) enum EventFrame {
    /// A message was posted.
    ///
    /// Its sender gets it too, after the `ack`.
    Message(PostedMessage),
    /// A message was edited.
    MessageUpdated(ChangedMessage),
    /// A message was deleted: what is left of it is a tombstone.
    MessageDeleted(ChangedMessage),
    /// A user joined a room, or was added to it.
    MemberJoined(ChangedMember),
    /// A user left a room, or was removed from it.
    MemberLeft(ChangedMember),
    /// A member got another role.
    MemberUpdated(ChangedMember),
    /// A room's name, description or privacy changed.
    RoomUpdated(ChangedRoom),
    /// A room is gone.
    RoomDeleted(ChangedRoom),
    /// A member began to type, or ended.
    ///
    /// May be left out when a connection cannot keep up.
    Typing {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
        /// Who types.
        #[schemars(with = "Uuid")]
        user_id: UserId,
        /// Whether they type now.
        active: bool,
    },
    /// A member has read on.
    ReadReceipt {
        /// The room.
        #[schemars(with = "Uuid")]
        room_id: RoomId,
        /// Who has read.
        #[schemars(with = "Uuid")]
        user_id: UserId,
        /// How far.
        #[schemars(with = "Count")]
        seq: Seq,
        /// When.
        read_at: UtcTime,
    },
    /// A user came, went, or is something else now.
    ///
    /// Goes to the user's friends, and to those who share a room of at most 200 members with the user, a moment after the
    /// change; who goes and comes back within that moment is not told of. May be left out when a connection cannot keep up.
    Presence(PresenceView),
    /// Processing of one of the user's own uploads got further.
    File(FileFrame),
    /// The user is in a room now, and did not enter it by themselves.
    ///
    /// Somebody added them, or opened a direct room with them. A client that wants to follow the room subscribes to it;
    /// a direct room it begins to follow by itself when something is said in it.
    RoomAdded {
        /// The room, as the user sees it.
        room: RoomView,
    },
    /// Something changed between the user and somebody else: a request to be friends, an answer, or an end.
    ///
    /// A client that was away reads the lists of `/api/v1/friends` instead.
    Friend(FriendFrame),
}

/// A message that is new.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct PostedMessage {
    /// The room.
    #[schemars(with = "Uuid")]
    room_id: RoomId,
    /// The message's place in the room.
    #[schemars(range(min = 1))]
    seq: i64,
    /// The room's change that this is.
    #[schemars(with = "Place")]
    version: Version,
    /// The message, as REST shows it.
    message: MessageView,
}

/// A message that is not what it was.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct ChangedMessage {
    /// The room.
    #[schemars(with = "Uuid")]
    room_id: RoomId,
    /// The room's change that this is.
    #[schemars(with = "Place")]
    version: Version,
    /// The message, as REST shows it now.
    message: MessageView,
}

/// A member that came, went, or got another role.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct ChangedMember {
    /// The room.
    #[schemars(with = "Uuid")]
    room_id: RoomId,
    /// The room's change that this is.
    #[schemars(with = "Place")]
    version: Version,
    /// The member.
    user: UserSummaryView,
    /// What they may do in the room, or might when they left.
    role: RoomRole,
}

/// A room that is not what it was.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct ChangedRoom {
    /// The room.
    #[schemars(with = "Uuid")]
    room_id: RoomId,
    /// The room's change that this is.
    #[schemars(with = "Place")]
    version: Version,
    /// The room, as REST shows it.
    room: RoomView,
}

/// Something that connections are told.
pub(in crate::ws) trait Encode {
    /// The frame that tells it.
    fn encode(&self) -> Frame;
}

/// As those are told it who have not reacted to its message.
impl Encode for RoomEvent {
    fn encode(&self) -> Frame {
        encode_event(self, MessageView::from)
    }
}

/// The frame of an event as `viewer` is told it.
pub(in crate::ws) fn encode_for(event: &RoomEvent, viewer: UserId) -> Frame {
    encode_event(event, |sent| MessageView::seen_by(sent, viewer))
}

fn encode_event(event: &RoomEvent, show: impl FnOnce(SentMessage) -> MessageView) -> Frame {
    let (room_id, version) = (event.room_id, event.version);
    let frame = match event.body.clone() {
        RoomEventBody::MessagePosted(sent) => {
            let message = show(*sent);
            EventFrame::Message(PostedMessage { room_id, seq: message.seq, version, message })
        }
        RoomEventBody::MessageUpdated(sent) => {
            EventFrame::MessageUpdated(ChangedMessage { room_id, version, message: show(*sent) })
        }
        RoomEventBody::MessageDeleted(sent) => {
            EventFrame::MessageDeleted(ChangedMessage { room_id, version, message: show(*sent) })
        }
        RoomEventBody::MemberJoined(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberJoined(ChangedMember { room_id, version, user, role })
        }
        RoomEventBody::MemberLeft(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberLeft(ChangedMember { room_id, version, user, role })
        }
        RoomEventBody::MemberUpdated(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberUpdated(ChangedMember { room_id, version, user, role })
        }
        RoomEventBody::RoomUpdated(room) => {
            let room = SeenRoom::from(*room).into();
            EventFrame::RoomUpdated(ChangedRoom { room_id, version, room })
        }
        RoomEventBody::RoomDeleted(room) => {
            let room = SeenRoom::from(*room).into();
            EventFrame::RoomDeleted(ChangedRoom { room_id, version, room })
        }
    };
    Frame::essential(&frame)
}

impl Encode for Signal {
    fn encode(&self) -> Frame {
        match *self {
            Self::Typing { room_id, user_id, active } => {
                Frame::droppable(&EventFrame::Typing { room_id, user_id, active })
            }
            Self::Read { room_id, user_id, seq, read_at } => {
                let read_at = UtcTime(read_at);
                Frame::essential(&EventFrame::ReadReceipt { room_id, user_id, seq, read_at })
            }
        }
    }
}

impl Encode for Presence {
    fn encode(&self) -> Frame {
        Frame::droppable(&EventFrame::Presence(self.clone().into()))
    }
}

/// The frame of a personal event, for those that have one.
pub(in crate::ws) fn encode_user_event(event: &UserEvent) -> Option<Frame> {
    match event {
        UserEvent::SessionEnded { .. }
        | UserEvent::OtherSessionsEnded { .. }
        | UserEvent::SessionsEnded { .. }
        | UserEvent::Banned { .. }
        | UserEvent::Doubted { .. } => None,
        UserEvent::RoomRead { user_id, room_id, seq, read_at } => {
            let (room_id, user_id, seq, read_at) = (*room_id, *user_id, *seq, UtcTime(*read_at));
            Some(Frame::essential(&EventFrame::ReadReceipt { room_id, user_id, seq, read_at }))
        }
        UserEvent::FileChanged { file_id, status, failure, variants, .. } => {
            let frame = FileFrame::new(*file_id, *status, variants, *failure);
            Some(Frame::essential(&EventFrame::File(frame)))
        }
        UserEvent::FileDeleted { file_id, .. } => {
            Some(Frame::essential(&EventFrame::File(FileFrame::deleted(*file_id))))
        }
        UserEvent::RoomAdded { room, .. } => {
            let room = SeenRoom::clone(room).into();
            Some(Frame::essential(&EventFrame::RoomAdded { room }))
        }
        UserEvent::FriendChanged { peer, change, is_own, at, .. } => {
            let frame = FriendFrame::new(*change, UserSummary::clone(peer), *is_own, *at);
            Some(Frame::essential(&EventFrame::Friend(frame)))
        }
    }
}
