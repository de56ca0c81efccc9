//! All tables, and the joins that several repositories need.

use std::sync::Arc;

use plaza_domain::{
    AuditEntry, Blob, Emoji, File, FileId, FileText, Follower, Friendship, Identity, IdentityId, Invitation,
    InvitationId, MailPurpose, MailToken, Member, MemberProfile, Message, MessageEdit, MessageId, Mute,
    Preferences, Reaction, ReadMark, RecurringJob, RefreshToken, RefreshTokenId, Room, RoomId, SeenWorker,
    SentMessage, Seq, Session, SessionId, Sha256, SigningKey, Task, TaskAttempt, TaskId, Timestamp,
    TotpSecret, UploadId, Usage, User, UserId, UserPair, UserSummary, UsernameChange, UsernameChangeId,
    Variant, VariantName, Version, WorkerId,
    repository::{RepositoryError, Result},
};
use uuid::Uuid;

use super::table::Table;

/// A message's place: the key that history is read by.
pub(super) type Place = (RoomId, Seq);

/// A content, and how many refer to it.
#[derive(Clone)]
pub(super) struct CountedBlob {
    pub(super) blob: Blob,
    pub(super) references: u64,
    /// When the last reference was released.
    pub(super) released_at: Option<Timestamp>,
    pub(super) is_purged: bool,
}

/// The content of a store at one moment. A copy is cheap: it shares what neither side changes.
#[derive(Clone, Default)]
pub(super) struct Tables {
    pub(super) users: Table<UserId, User>,
    pub(super) username_changes: Table<UsernameChangeId, UsernameChange>,
    /// By which change each handle is kept for its user.
    pub(super) reserved_usernames: Table<String, UsernameChangeId>,
    /// When users were last seen.
    pub(super) last_seen: Table<UserId, Timestamp>,
    pub(super) sessions: Table<SessionId, Session>,
    pub(super) mail_tokens: Table<(UserId, MailPurpose), MailToken>,
    pub(super) identities: Table<IdentityId, Identity>,
    pub(super) signing_keys: Table<i64, SigningKey>,
    pub(super) invitations: Table<InvitationId, Invitation>,
    /// By number.
    pub(super) audit_entries: Table<i64, AuditEntry>,
    pub(super) refresh_tokens: Table<RefreshTokenId, RefreshToken>,
    pub(super) totp: Table<UserId, TotpSecret>,
    /// When they were taken, by user and digest.
    pub(super) recovery_codes: Table<(UserId, [u8; 32]), Option<Timestamp>>,
    pub(super) rooms: Table<RoomId, Room>,
    pub(super) members: Table<(RoomId, UserId), Member>,
    pub(super) direct_rooms: Table<UserPair, RoomId>,
    /// Since when, by who has blocked and who is blocked.
    pub(super) blocks: Table<(UserId, UserId), Timestamp>,
    pub(super) friendships: Table<UserPair, Friendship>,
    pub(super) mutes: Table<(RoomId, UserId), Mute>,
    pub(super) read_marks: Table<(RoomId, UserId, Seq), ReadMark>,
    pub(super) preferences: Table<UserId, Preferences>,
    pub(super) messages: Table<Place, Arc<Message>>,
    pub(super) message_places: Table<MessageId, Place>,
    pub(super) client_ids: Table<(UserId, String), Place>,
    pub(super) message_edits: Table<(MessageId, Version), MessageEdit>,
    pub(super) reactions: Table<(MessageId, UserId, String), Timestamp>,
    pub(super) mentions: Table<(MessageId, UserId), Place>,
    pub(super) thread_followers: Table<(MessageId, UserId), Follower>,
    pub(super) blobs: Table<Sha256, CountedBlob>,
    pub(super) files: Table<FileId, File>,
    pub(super) texts: Table<FileId, FileText>,
    pub(super) variants: Table<(FileId, VariantName), Variant>,
    pub(super) usage: Table<UserId, Usage>,
    /// Whose they are and when they are over at the latest, of uploads that are under way.
    pub(super) uploads: Table<UploadId, (UserId, Timestamp)>,
    pub(super) tasks: Table<TaskId, Task>,
    /// By task and fencing token.
    pub(super) task_attempts: Table<(TaskId, i64), TaskAttempt>,
    pub(super) jobs: Table<String, RecurringJob>,
    pub(super) workers: Table<WorkerId, SeenWorker>,
    pub(super) settings: Table<String, String>,
}

impl Tables {
    /// The room, unless it was deleted.
    pub(super) fn live_room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id).filter(|room| room.deleted_at.is_none())
    }

    /// Whether the user is in the room now.
    pub(super) fn is_present(&self, room_id: RoomId, user_id: UserId) -> bool {
        self.members.get(&(room_id, user_id)).is_some_and(Member::is_present)
    }

    /// Whether one of the two has blocked the other.
    pub(super) fn has_block(&self, users: UserPair) -> bool {
        let (low, high) = (users.low(), users.high());
        self.blocks.contains_key(&(low, high)) || self.blocks.contains_key(&(high, low))
    }

    /// Whether the two are friends.
    pub(super) fn are_friends(&self, one: UserId, other: UserId) -> bool {
        let friendship = UserPair::new(one, other).and_then(|users| self.friendships.get(&users));
        friendship.is_some_and(Friendship::is_mutual)
    }

    pub(super) fn profile(&self, member: &Member) -> Result<MemberProfile> {
        Ok(MemberProfile {
            member: member.clone(),
            user: self.summary(member.user_id)?,
            shows_receipts: self.shows_receipts(member.user_id),
        })
    }

    /// Whether the user lets others know how far they have read.
    pub(super) fn shows_receipts(&self, user_id: UserId) -> bool {
        self.preferences.get(&user_id).copied().unwrap_or_default().shows_receipts
    }

    pub(super) fn sent(&self, message: &Message) -> Result<SentMessage> {
        let view = SentMessage::new(message.clone(), self.summary(message.sender_id)?);
        Ok(SentMessage {
            reactions: self.reactions_to(message.id),
            mentions: self.mentioned(message.id)?,
            ..view
        })
    }

    /// The message with that id.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        self.message_places.get(&id).and_then(|place| self.messages.get(place)).map(|message| &**message)
    }

    pub(super) fn reactions_to(&self, id: MessageId) -> Vec<Reaction> {
        let first = (id, UserId::new(Uuid::nil()), String::new());
        let of_message = self.reactions.range(first..).take_while(|((message_id, ..), _)| *message_id == id);
        let mut reactions: Vec<_> = of_message.map(|((_, user, emoji), at)| (*at, *user, emoji)).collect();
        reactions.sort_unstable();
        let single = |(_, user, emoji): (_, _, &String)| (Emoji::from_stored(emoji.clone()), user);
        Reaction::group(reactions.into_iter().map(single))
    }

    fn mentioned(&self, id: MessageId) -> Result<Vec<UserSummary>> {
        let first = (id, UserId::new(Uuid::nil()));
        let of_message = self.mentions.range(first..).take_while(|((message_id, _), _)| *message_id == id);
        of_message.map(|((_, user_id), _)| self.summary(*user_id)).collect()
    }

    pub(super) fn summary(&self, id: UserId) -> Result<UserSummary> {
        let user = self.users.get(&id).ok_or_else(|| RepositoryError::Corrupt {
            entity: "user",
            reason: format!("{id} is referred to and not there"),
        })?;
        Ok(user.summary())
    }
}
