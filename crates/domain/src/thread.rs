//! Threads: a message, the replies to it, and who follows them.

use crate::{MessageId, MessageKind, RoomId, SentMessage, Seq, Timestamp, UserId};

/// What decides whether a message can be replied to: the first message of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadRoot {
    /// The first message; replies go to it, also those that name another reply.
    pub id: MessageId,
    /// Its room.
    pub room_id: RoomId,
    /// What it carries.
    pub kind: MessageKind,
    /// Whether it is a tombstone.
    pub is_deleted: bool,
    /// How many replies it has.
    pub reply_count: i64,
}

/// A user's relation to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The thread's first message.
    pub message_id: MessageId,
    /// The user.
    pub user_id: UserId,
    /// The thread's room.
    pub room_id: RoomId,
    /// False when the user has chosen not to, and then nothing but the user changes it.
    pub is_following: bool,
    /// How far the user has read the thread.
    pub read_seq: Seq,
}

/// A thread that a user follows, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedThread {
    /// Its first message.
    pub root: SentMessage,
    /// How far the user has read it.
    pub read_seq: Seq,
    /// How many replies of others came after that and were not deleted; at most [`MAX_UNREAD`].
    pub unread: i64,
}

impl FollowedThread {
    /// Its place in the list of those that a user follows.
    pub fn position(&self) -> ThreadPosition {
        let root = &self.root.message;
        ThreadPosition { last_reply_at: root.last_reply_at.unwrap_or(root.created_at), message_id: root.id }
    }
}

/// Where an unread count ends: so many, or more.
pub const MAX_UNREAD: u64 = 1_000;

/// The place of a thread in the list of those that a user follows: the latest reply first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreadPosition {
    /// When its newest reply was posted.
    pub last_reply_at: Timestamp,
    /// Its first message.
    pub message_id: MessageId,
}

impl From<(Timestamp, uuid::Uuid)> for ThreadPosition {
    fn from((last_reply_at, id): (Timestamp, uuid::Uuid)) -> Self {
        Self { last_reply_at, message_id: MessageId::new(id) }
    }
}
