//! What changed between a user and somebody else, as the user is told.

use plaza_domain::{FriendChange, Timestamp, UserSummary};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{UtcTime, routes::UserSummaryView};

/// What changed between a user and somebody else.
#[derive(JsonSchema, Serialize)]
pub(in crate::ws) struct FriendFrame {
    /// What happened.
    kind: FriendChangeName,
    /// The other one.
    user: UserSummaryView,
    /// Whether the user did it themselves, by whichever client; else the other one did.
    is_own: bool,
    /// When.
    at: UtcTime,
}

impl FriendFrame {
    pub(super) fn new(change: FriendChange, user: UserSummary, is_own: bool, at: Timestamp) -> Self {
        Self { kind: change.into(), user: user.into(), is_own, at: at.into() }
    }
}

/// What happened between two users.
#[derive(Clone, Copy, JsonSchema, Serialize)]
#[schemars(rename = "FriendChange")]
#[serde(rename_all = "snake_case")]
enum FriendChangeName {
    /// One asked the other to be friends.
    Requested,
    /// They are friends now.
    Accepted,
    /// A request was declined; who made it is not told.
    Declined,
    /// A request was taken back.
    Cancelled,
    /// They are no friends any more.
    Removed,
}

impl From<FriendChange> for FriendChangeName {
    fn from(change: FriendChange) -> Self {
        match change {
            FriendChange::Requested => Self::Requested,
            FriendChange::Accepted => Self::Accepted,
            FriendChange::Declined => Self::Declined,
            FriendChange::Cancelled => Self::Cancelled,
            FriendChange::Removed => Self::Removed,
        }
    }
}
