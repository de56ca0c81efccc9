//! What happened, as it is told to those who are connected.

use plaza_domain::{
    Availability, Change, File, FileFailure, FileId, FileStatus, FriendChange, MemberProfile, Room, RoomId,
    SeenRoom, SentMessage, Seq, SessionId, Timestamp, UserId, UserPair, UserSummary, VariantName, Version,
};
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// In a room, in the order of versions.
    Room(RoomEvent),
    /// In a room, without a place in its history: last value wins.
    Signal(Signal),
    /// To a user.
    User(UserEvent),
    /// In a direct room, to its two users wherever they are connected.
    Direct(DirectActivity),
    /// To those who share a room with some users, or are their friends: last value wins.
    Presence(PresenceEvent),
}

impl Event {
    /// A file's status is another, or it has other variants.
    pub fn file_changed(file: &File, variants: Vec<VariantName>) -> Self {
        Self::User(UserEvent::FileChanged {
            user_id: file.owner_id,
            file_id: file.id,
            status: file.status,
            failure: file.failure,
            variants,
        })
    }
}

/// A change of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// The room.
    pub room_id: RoomId,
    /// Which change; one event each, without holes.
    pub version: Version,
    /// What changed.
    pub body: RoomEventBody,
}

/// What changed in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum RoomEventBody {
    /// A new message.
    MessagePosted(Box<SentMessage>),
    /// A message says something else.
    MessageUpdated(Box<SentMessage>),
    /// A message is a tombstone.
    MessageDeleted(Box<SentMessage>),
    /// A user is a member now.
    MemberJoined(Box<MemberProfile>),
    /// A user is a member no more.
    MemberLeft(Box<MemberProfile>),
    /// A member has another role.
    MemberUpdated(Box<MemberProfile>),
    /// The room has another name, description or privacy.
    RoomUpdated(Box<Room>),
    /// The room is gone.
    RoomDeleted(Box<Room>),
}

impl RoomEventBody {
    /// The message that it is about, if it is about one.
    pub fn message(&self) -> Option<&SentMessage> {
        match self {
            Self::MessagePosted(sent) | Self::MessageUpdated(sent) | Self::MessageDeleted(sent) => Some(sent),
            Self::MemberJoined(_)
            | Self::MemberLeft(_)
            | Self::MemberUpdated(_)
            | Self::RoomUpdated(_)
            | Self::RoomDeleted(_) => None,
        }
    }
}

impl RoomEvent {
    /// A message was posted.
    pub fn posted(view: SentMessage) -> Self {
        let (room_id, version) = (view.message.room_id, view.message.version);
        Self { room_id, version, body: RoomEventBody::MessagePosted(Box::new(view)) }
    }

    /// A message changed after it was posted.
    pub fn changed(view: SentMessage) -> Self {
        let (room_id, version) = (view.message.room_id, view.message.version);
        let body = if view.message.is_deleted() {
            RoomEventBody::MessageDeleted(Box::new(view))
        } else {
            RoomEventBody::MessageUpdated(Box::new(view))
        };
        Self { room_id, version, body }
    }

    /// The same, as it is told to somebody who knows the room as it was at `since`.
    #[must_use]
    pub fn since(&self, since: Version) -> Self {
        let change = match self.body.clone() {
            RoomEventBody::MessagePosted(sent)
            | RoomEventBody::MessageUpdated(sent)
            | RoomEventBody::MessageDeleted(sent) => Change::Message(sent),
            RoomEventBody::MemberJoined(profile)
            | RoomEventBody::MemberLeft(profile)
            | RoomEventBody::MemberUpdated(profile) => Change::Member(profile),
            RoomEventBody::RoomUpdated(_) | RoomEventBody::RoomDeleted(_) => return self.clone(),
        };
        Self { version: self.version, ..Self::from_change(self.room_id, change, since) }
    }

    /// What a change means to somebody who knows the room as it was at `since`.
    pub fn from_change(room_id: RoomId, change: Change, since: Version) -> Self {
        let version = change.version();
        let body = match change {
            Change::Message(view) if view.message.is_deleted() => RoomEventBody::MessageDeleted(view),
            Change::Message(view) if view.message.created_version > since => {
                RoomEventBody::MessagePosted(view)
            }
            Change::Message(view) => RoomEventBody::MessageUpdated(view),
            Change::Member(profile) if !profile.member.is_present() => RoomEventBody::MemberLeft(profile),
            Change::Member(profile) if profile.member.joined_version > since => {
                RoomEventBody::MemberJoined(profile)
            }
            Change::Member(profile) => RoomEventBody::MemberUpdated(profile),
            Change::Room(room) => RoomEventBody::RoomUpdated(room),
        };
        Self { room_id, version, body }
    }
}

/// Something in a room that is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// A member is writing, or has stopped.
    Typing {
        /// The room.
        room_id: RoomId,
        /// The member.
        user_id: UserId,
        /// Whether they are writing.
        active: bool,
    },
    /// A member has read up to a place.
    Read {
        /// The room.
        room_id: RoomId,
        /// The member.
        user_id: UserId,
        /// The place.
        seq: Seq,
        /// When.
        read_at: Timestamp,
    },
}

impl Signal {
    /// The room it is in.
    pub fn room_id(&self) -> RoomId {
        match self {
            Self::Typing { room_id, .. } | Self::Read { room_id, .. } => *room_id,
        }
    }
}

/// Messages were posted in a direct room: who does not follow it shall begin to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectActivity {
    /// The room.
    pub room_id: RoomId,
    /// Whose room it is.
    pub users: UserPair,
    /// The change that the first of these messages is.
    pub version: Version,
}

/// Users came, went, or are something else now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceEvent {
    /// At least one.
    pub changes: Vec<PresenceChange>,
}

/// A user came, went, or is something else now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceChange {
    /// The user.
    pub user_id: UserId,
    /// What the user is now, by all connections on all instances; `None` when offline.
    pub availability: Option<Availability>,
    /// Since when.
    pub at: Timestamp,
}

/// Something that concerns one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UserEvent {
    /// A login is over: its connections must close.
    SessionEnded {
        /// The user.
        user_id: UserId,
        /// The login.
        session_id: SessionId,
    },
    /// All their logins but one are over: the connections of those must close.
    OtherSessionsEnded {
        /// The user.
        user_id: UserId,
        /// The login that goes on.
        kept: SessionId,
    },
    /// All their logins are over: all connections must close.
    SessionsEnded {
        /// The user.
        user_id: UserId,
    },
    /// They may not use the server any more: all connections must close.
    Banned {
        /// The user.
        user_id: UserId,
    },
    /// Something was done about their account that is not known here: each connection must look whether it may go on.
    Doubted {
        /// The user.
        user_id: UserId,
    },
    /// An upload of theirs was processed, or could not be.
    FileChanged {
        /// The user.
        user_id: UserId,
        /// The upload.
        file_id: FileId,
        /// How far processing got.
        status: FileStatus,
        /// Why it failed.
        failure: Option<FileFailure>,
        /// The derived images that are there now.
        variants: Vec<VariantName>,
    },
    /// An upload of theirs was deleted.
    FileDeleted {
        /// The user.
        user_id: UserId,
        /// The upload.
        file_id: FileId,
    },
    /// They have read up to a place, of which only their own clients learn.
    RoomRead {
        /// The user.
        user_id: UserId,
        /// The room.
        room_id: RoomId,
        /// The place.
        seq: Seq,
        /// When.
        read_at: Timestamp,
    },
    /// They are in a room now, and did not enter it by themselves.
    RoomAdded {
        /// The user.
        user_id: UserId,
        /// The room, as they see it.
        room: Box<SeenRoom>,
    },
    /// Something changed between them and somebody else: they, or the other one, asked, answered, or ended it.
    FriendChanged {
        /// The user.
        user_id: UserId,
        /// The other one.
        peer: Box<UserSummary>,
        /// What changed.
        change: FriendChange,
        /// Whether the user did it themselves.
        is_own: bool,
        /// When.
        at: Timestamp,
    },
}

impl UserEvent {
    /// Whom it concerns.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::SessionEnded { user_id, .. }
            | Self::OtherSessionsEnded { user_id, .. }
            | Self::SessionsEnded { user_id }
            | Self::Banned { user_id }
            | Self::Doubted { user_id }
            | Self::FileChanged { user_id, .. }
            | Self::FileDeleted { user_id, .. }
            | Self::RoomRead { user_id, .. }
            | Self::RoomAdded { user_id, .. }
            | Self::FriendChanged { user_id, .. } => *user_id,
        }
    }
}
