//! How events look to clients: encoded once, shared by all who receive them.

use plaza_application::events::{RoomEvent, RoomEventBody, Signal, UserEvent};
use plaza_domain::{FileFailure, FileId, FileStatus, RoomId, SentMessage, Seq, UserId, VariantName, Version};
use serde::Serialize;

use super::server::to_json;
use crate::{
    UtcTime,
    routes::{MessageView, RoomRole, RoomView, UserSummaryView},
    ws::outbox::Frame,
};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum EventFrame {
    Message { room_id: RoomId, seq: i64, version: Version, message: MessageView },
    MessageUpdated { room_id: RoomId, version: Version, message: MessageView },
    MessageDeleted { room_id: RoomId, version: Version, message: MessageView },
    MemberJoined { room_id: RoomId, version: Version, user: UserSummaryView, role: RoomRole },
    MemberLeft { room_id: RoomId, version: Version, user: UserSummaryView, role: RoomRole },
    MemberUpdated { room_id: RoomId, version: Version, user: UserSummaryView, role: RoomRole },
    RoomUpdated { room_id: RoomId, version: Version, room: RoomView },
    RoomDeleted { room_id: RoomId, version: Version, room: RoomView },
    Typing { room_id: RoomId, user_id: UserId, active: bool },
    ReadReceipt { room_id: RoomId, user_id: UserId, seq: Seq, read_at: UtcTime },
    File(FileFrame),
}

#[derive(Serialize)]
struct FileFrame {
    file_id: FileId,
    status: FileStatus,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<FileFailure>,
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
            EventFrame::Message { room_id, seq: message.seq, version, message }
        }
        RoomEventBody::MessageUpdated(sent) => {
            EventFrame::MessageUpdated { room_id, version, message: show(*sent) }
        }
        RoomEventBody::MessageDeleted(sent) => {
            EventFrame::MessageDeleted { room_id, version, message: show(*sent) }
        }
        RoomEventBody::MemberJoined(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberJoined { room_id, version, user, role }
        }
        RoomEventBody::MemberLeft(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberLeft { room_id, version, user, role }
        }
        RoomEventBody::MemberUpdated(profile) => {
            let (user, role) = (profile.user.into(), profile.member.role.into());
            EventFrame::MemberUpdated { room_id, version, user, role }
        }
        RoomEventBody::RoomUpdated(room) => {
            EventFrame::RoomUpdated { room_id, version, room: (*room).into() }
        }
        RoomEventBody::RoomDeleted(room) => {
            EventFrame::RoomDeleted { room_id, version, room: (*room).into() }
        }
    };
    Frame::essential(to_json(&frame))
}

impl Encode for Signal {
    fn encode(&self) -> Frame {
        match *self {
            Self::Typing { room_id, user_id, active } => {
                Frame::droppable(to_json(&EventFrame::Typing { room_id, user_id, active }))
            }
            Self::Read { room_id, user_id, seq, read_at } => {
                let read_at = UtcTime(read_at);
                Frame::essential(to_json(&EventFrame::ReadReceipt { room_id, user_id, seq, read_at }))
            }
        }
    }
}

/// The frame of a personal event, for those that have one.
pub(in crate::ws) fn encode_user_event(event: &UserEvent) -> Option<Frame> {
    match event {
        UserEvent::SessionEnded { .. } | UserEvent::PasswordChanged { .. } | UserEvent::Banned { .. } => None,
        UserEvent::FileChanged { file_id, status, failure, variants, .. } => {
            let frame = FileFrame {
                file_id: *file_id,
                status: *status,
                variants: variants.clone(),
                reason: *failure,
            };
            Some(Frame::essential(to_json(&EventFrame::File(frame))))
        }
    }
}
