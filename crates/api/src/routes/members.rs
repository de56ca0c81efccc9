//! `/rooms/{room_id}/members`: who is in a room, and in which role.

use plaza_domain::{MemberProfile, MemberRole};
use poem_openapi::{Enum, Object};
use serde::Serialize;

use super::UserSummaryView;
use crate::time::UtcTime;

/// What a member may do in a room: `member` reads and writes, `admin` also changes the room and moderates, `owner`
/// also gives roles and deletes the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Reads and writes.
    Member,
    /// Also changes the room, adds and removes members, deletes others' messages.
    Admin,
    /// Also gives roles and deletes the room.
    Owner,
}

impl From<MemberRole> for RoomRole {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::Member => Self::Member,
            MemberRole::Admin => Self::Admin,
            MemberRole::Owner => Self::Owner,
        }
    }
}

impl From<RoomRole> for MemberRole {
    fn from(role: RoomRole) -> Self {
        match role {
            RoomRole::Member => Self::Member,
            RoomRole::Admin => Self::Admin,
            RoomRole::Owner => Self::Owner,
        }
    }
}

/// A user in a room.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub struct MemberView {
    /// The user.
    pub user: UserSummaryView,
    /// What they may do in the room.
    pub role: RoomRole,
    /// When they last joined.
    pub joined_at: UtcTime,
    /// When they left; null while they are in the room.
    #[oai(nullable)]
    pub left_at: Option<UtcTime>,
    /// How far they have read.
    pub read_seq: i64,
}

impl From<MemberProfile> for MemberView {
    fn from(MemberProfile { member, user }: MemberProfile) -> Self {
        Self {
            user: user.into(),
            role: member.role.into(),
            joined_at: member.joined_at.into(),
            left_at: member.left_at.map(UtcTime),
            read_seq: member.read_seq.get(),
        }
    }
}
