//! Rooms: where messages are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    RoomId, Seq, Timestamp, UserId, UserSummary, Version, Violation,
    user::text,
    validation::{line, short_text},
};

text!(
    /// A room's name; 1 to 80 characters.
    RoomName
);
text!(
    /// What a room is for; at most 500 characters.
    RoomDescription
);

impl RoomName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        line("name", text, 1..=80).map(Self)
    }
}

impl RoomDescription {
    /// Parses a description; may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        short_text("description", text, 0..=500).map(Self)
    }
}

/// What a room belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Stands alone.
    Room,
    /// Belongs to a group.
    Channel,
    /// Exactly two users.
    Direct,
}

impl RoomKind {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Channel => "channel",
            Self::Direct => "direct",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Room, Self::Channel, Self::Direct].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// What it belongs to.
    pub kind: RoomKind,
    /// Its name.
    pub name: RoomName,
    /// What it is for.
    pub description: RoomDescription,
    /// Whether only its members know that it exists.
    pub is_private: bool,
    /// Who made it.
    pub created_by: UserId,
    /// The place of its newest message.
    pub last_seq: Seq,
    /// Its newest change of any kind.
    pub version: Version,
    /// The last change of the room itself: its name, description or privacy.
    pub details_version: Version,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its details were last changed.
    pub updated_at: Timestamp,
    /// Since when it is gone.
    pub deleted_at: Option<Timestamp>,
}

impl Room {
    /// Its epoch now.
    pub const fn epoch(&self) -> RoomEpoch {
        RoomEpoch(self.version.get() - self.last_seq.get())
    }
}

/// How many of a room's changes were something else than a new message. As long as it is the same, nobody has come, left
/// or been removed: what was looked up about its members holds. Other changes raise it as well, edits for example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomEpoch(i64);

impl RoomEpoch {
    /// The epoch of that number, never less than 0.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A room as one of those sees it who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRoom {
    /// The room.
    pub room: Room,
    /// Of a direct room the other one, whose name it shows to who sees it.
    pub peer: Option<UserSummary>,
}

impl From<Room> for SeenRoom {
    /// A room that looks the same to everybody.
    fn from(room: Room) -> Self {
        Self { room, peer: None }
    }
}
