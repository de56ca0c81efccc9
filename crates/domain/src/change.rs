//! The change feed: everything that changed in a room after a version, each thing once, in its latest state.

use serde::{Deserialize, Serialize};

use crate::{MemberProfile, Room, SentMessage, Seq, Version};

/// One changed thing, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// A message was posted, edited or deleted.
    Message(Box<SentMessage>),
    /// A member joined, left, or got another role.
    Member(Box<MemberProfile>),
    /// The room's name, description or privacy changed.
    Room(Box<Room>),
}

impl Change {
    /// The version of the change; no two changes of a room share one.
    pub fn version(&self) -> Version {
        match self {
            Self::Message(view) => view.message.version,
            Self::Member(profile) => profile.member.version,
            Self::Room(room) => room.details_version,
        }
    }

    /// The change that the thing came with: a message was posted, a member joined. The room was there before.
    pub fn first_version(&self) -> Version {
        match self {
            Self::Message(view) => view.message.created_version,
            Self::Member(profile) => profile.member.joined_version,
            Self::Room(_) => Version::ZERO,
        }
    }
}

/// A part of a room's change feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes, by rising version.
    pub changes: Vec<Change>,
    /// Where to go on from: everything up to here is told.
    pub version: Version,
    /// The place of the room's newest message.
    pub last_seq: Seq,
    /// Whether there is more. Until there is not, a thing may be missing that came before `version` and changed after
    /// it: a later page has it.
    pub has_more: bool,
    /// Whether the gap was too large to tell: `changes` then has the newest messages only, and what the asker
    /// knew before must be thrown away.
    pub reset: bool,
}
