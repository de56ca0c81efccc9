//! Users in rooms.

use serde::{Deserialize, Serialize};

use crate::{RoomId, Seq, Timestamp, UserId, UserSummary, Version};

/// What a member may do in a room. Ordered: more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Reads and writes.
    Member,
    /// Also changes the room, adds and removes members, deletes others' messages.
    Admin,
    /// Also makes admins and owners, and deletes the room. A room always keeps one.
    Owner,
}

impl MemberRole {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == word)
    }
}

/// A user in a room; kept after leaving, so that the change feed can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The room.
    pub room_id: RoomId,
    /// The user.
    pub user_id: UserId,
    /// What the user may do here.
    pub role: MemberRole,
    /// When the user last joined.
    pub joined_at: Timestamp,
    /// When the user left; `None` while a member.
    pub left_at: Option<Timestamp>,
    /// The room's version at which this row last changed (joined, left, role).
    pub version: Version,
    /// The room's version at which the user last joined: later versions without `left_at` are role changes.
    pub joined_version: Version,
    /// How far messages have reached one of the user's clients.
    pub delivered_seq: Seq,
    /// How far the user has read.
    pub read_seq: Seq,
}

impl Member {
    /// Whether the user is in the room now.
    pub fn is_present(&self) -> bool {
        self.left_at.is_none()
    }
}

/// A member with the user that they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberProfile {
    /// The membership.
    pub member: Member,
    /// The user.
    pub user: UserSummary,
    /// Whether others may be shown the cursors.
    pub shows_receipts: bool,
}
