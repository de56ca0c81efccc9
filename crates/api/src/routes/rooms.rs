//! `/rooms`: made, listed, changed, deleted.

use plaza_domain::{Room, RoomKind};
use poem_openapi::{Enum, Object};
use serde::Serialize;
use uuid::Uuid;

use crate::time::UtcTime;

/// What a room belongs to: `room` stands alone, `channel` belongs to a group, `direct` has exactly two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RoomType {
    /// Stands alone.
    Room,
    /// Belongs to a group.
    Channel,
    /// Exactly two users.
    Direct,
}

impl From<RoomKind> for RoomType {
    fn from(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Room => Self::Room,
            RoomKind::Channel => Self::Channel,
            RoomKind::Direct => Self::Direct,
        }
    }
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub struct RoomView {
    /// Its id.
    pub id: Uuid,
    /// What it belongs to.
    pub kind: RoomType,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Whether only its members know that it exists.
    pub is_private: bool,
    /// Who made it.
    pub created_by: Uuid,
    /// The place of its newest message; 0 when there is none.
    pub last_seq: i64,
    /// Its newest change of any kind: where to begin to follow its change feed.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When its name, description or privacy last changed.
    pub updated_at: UtcTime,
}

impl From<Room> for RoomView {
    fn from(room: Room) -> Self {
        Self {
            id: room.id.uuid(),
            kind: room.kind.into(),
            name: room.name.into_string(),
            description: room.description.into_string(),
            is_private: room.is_private,
            created_by: room.created_by.uuid(),
            last_seq: room.last_seq.get(),
            version: room.version.get(),
            created_at: room.created_at.into(),
            updated_at: room.updated_at.into(),
        }
    }
}
