//! Who read a message, and when.

use crate::{RoomId, Seq, Timestamp, UserId, UserSummary};

/// When a member's cursor moved forward: everything after `after_seq` up to `seq` was read then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// The room.
    pub room_id: RoomId,
    /// The member.
    pub user_id: UserId,
    /// Where the cursor was.
    pub after_seq: Seq,
    /// Where it went.
    pub seq: Seq,
    /// When.
    pub read_at: Timestamp,
}

/// What decides who is told how far a member has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptScope {
    /// Whether the user lets others know.
    pub shows_receipts: bool,
    /// How many are in the room, counted up to a limit.
    pub members: u64,
}

/// How far a message got with one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The member.
    pub user: UserSummary,
    /// Whether it reached one of their clients.
    pub is_delivered: bool,
    /// Whether they read it.
    pub is_read: bool,
    /// When they read it, as far as that is remembered.
    pub read_at: Option<Timestamp>,
}

/// With how many a message got how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// Those who are in the room now, whenever they joined.
    pub room: i64,
    /// Those of them whom it was for: others than its sender, who were there when it was posted.
    pub members: i64,
    /// Those of these who have it and show it.
    pub delivered: i64,
    /// Those of these who read it and show it.
    pub read: i64,
}
