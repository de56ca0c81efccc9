//! Messages: what they carry, what they say, and how they change.

mod draft;

use serde::{Deserialize, Serialize};

pub use draft::{MessageDraft, NewMessage, Placement};

use crate::{
    ClientId, Content, FileId, Mention, MessageId, Reaction, RoomId, Seq, Timestamp, UserId, UserSummary,
    Version,
};

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Words.
    Text,
    /// A picture, with or without words.
    Image,
    /// A file, with or without words.
    File,
    /// Something that happened in the room, told by the server.
    System,
}

impl MessageKind {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::File => "file",
            Self::System => "system",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Text, Self::Image, Self::File, Self::System].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a system message tells; its `sender` is who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemEvent {
    /// The sender joined.
    MemberJoined,
    /// The sender left.
    MemberLeft,
    /// The sender added somebody.
    MemberAdded,
    /// The sender removed somebody.
    MemberRemoved,
    /// The sender gave the room another name.
    RoomRenamed,
}

impl SystemEvent {
    const ALL: [Self; 5] =
        [Self::MemberJoined, Self::MemberLeft, Self::MemberAdded, Self::MemberRemoved, Self::RoomRenamed];

    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MemberJoined => "member_joined",
            Self::MemberLeft => "member_left",
            Self::MemberAdded => "member_added",
            Self::MemberRemoved => "member_removed",
            Self::RoomRenamed => "room_renamed",
        }
    }

    /// The event that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }
}

/// An entry of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its room.
    pub room_id: RoomId,
    /// Its place in the room.
    pub seq: Seq,
    /// Its last change.
    pub version: Version,
    /// Its first change, when it was posted: tells who asks since then that it is new to them.
    pub created_version: Version,
    /// Who wrote it, or did what a system message tells.
    pub sender_id: UserId,
    /// What it carries.
    pub kind: MessageKind,
    /// Markdown; empty once deleted.
    pub content: Content,
    /// The same as sanitised HTML; empty once deleted.
    pub content_html: String,
    /// The name its sender's client gave it.
    pub client_id: Option<ClientId>,
    /// The upload it carries.
    pub file_id: Option<FileId>,
    /// The short form that simple clients know the upload by.
    pub image_url: Option<String>,
    /// What it replies to.
    pub parent_id: Option<MessageId>,
    /// What a system message tells.
    pub system_event: Option<SystemEvent>,
    /// How many replies there are to it that are not deleted.
    pub reply_count: i64,
    /// When the newest of them was posted.
    pub last_reply_at: Option<Timestamp>,
    /// That it is pinned to its room.
    pub pinned: Option<Pin>,
    /// How many reactions there are to it, of all users and emoji.
    pub reaction_count: i64,
    /// How many users it mentions by name.
    pub mention_count: i64,
    /// Whether it mentions everybody in the room.
    pub mentions_room: bool,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted; from then on it is a tombstone.
    pub deleted_at: Option<Timestamp>,
}

impl Message {
    /// Changes what it says, and returns what it said before.
    pub fn edit(
        &mut self,
        content: Content,
        content_html: String,
        version: Version,
        at: Timestamp,
    ) -> MessageEdit {
        let previous = MessageEdit {
            message_id: self.id,
            version: self.version,
            content: std::mem::replace(&mut self.content, content),
            replaced_at: at,
        };
        self.content_html = content_html;
        self.version = version;
        self.edited_at = Some(at);
        previous
    }

    /// Makes it a tombstone: it keeps its place and its replies, and loses what it said and carried, and what others
    /// put on it.
    pub fn delete(&mut self, version: Version, at: Timestamp) {
        self.content = Content::nothing();
        self.content_html = String::new();
        self.file_id = None;
        self.image_url = None;
        self.pinned = None;
        self.reaction_count = 0;
        self.mention_count = 0;
        self.mentions_room = false;
        self.version = version;
        self.deleted_at = Some(at);
    }

    /// Notes that it was replied to.
    pub fn gain_replies(&mut self, count: i64, version: Version, at: Timestamp) {
        self.reply_count += count;
        self.last_reply_at = Some(at);
        self.version = version;
    }

    /// Notes that a reply to it was deleted; `newest` is when the newest of those that are left was posted.
    pub fn lose_reply(&mut self, newest: Option<Timestamp>, version: Version) {
        self.reply_count = (self.reply_count - 1).max(0);
        self.last_reply_at = newest;
        self.version = version;
    }

    /// Whether it is a tombstone.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// Who pinned a message to its room, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
}

/// A message with all that people see of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    /// The message.
    pub message: Message,
    /// Who sent it.
    pub sender: UserSummary,
    /// The reactions to it, by emoji, in the order in which each was first used.
    pub reactions: Vec<Reaction>,
    /// The users it mentions by name, in the order of their ids.
    pub mentions: Vec<UserSummary>,
}

impl SentMessage {
    /// A message that is new: nobody has reacted to it, and it mentions nobody.
    pub fn new(message: Message, sender: UserSummary) -> Self {
        Self { message, sender, reactions: Vec::new(), mentions: Vec::new() }
    }

    /// Gives it the reactions that it has now.
    pub fn react(&mut self, reactions: Vec<Reaction>, version: Version) {
        let count: usize = reactions.iter().map(|reaction| reaction.user_ids.len()).sum();
        self.message.reaction_count = i64::try_from(count).unwrap_or(i64::MAX);
        self.message.version = version;
        self.reactions = reactions;
    }

    /// Notes whom it mentions: these users, and, if `room`, everybody in the room.
    pub fn mention(&mut self, mut users: Vec<UserSummary>, room: bool) {
        users.sort_unstable_by_key(|user| user.id);
        users.dedup_by_key(|user| user.id);
        self.message.mention_count = i64::try_from(users.len()).unwrap_or(i64::MAX);
        self.message.mentions_room = room;
        self.mentions = users;
    }

    /// Its mentions by name, as they are stored.
    pub fn stored_mentions(&self) -> impl Iterator<Item = Mention> {
        let Message { id: message_id, room_id, seq, .. } = self.message;
        self.mentions.iter().map(move |user| Mention { message_id, user_id: user.id, room_id, seq })
    }
}

/// What a message said before an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEdit {
    /// The message.
    pub message_id: MessageId,
    /// Its version while it said so.
    pub version: Version,
    /// What it said.
    pub content: Content,
    /// Until when.
    pub replaced_at: Timestamp,
}
