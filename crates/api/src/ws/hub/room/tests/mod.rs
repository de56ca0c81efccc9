//! What followers of a room are told.

mod followers;
mod holes;
mod own_reactions;

use plaza_domain::{
    Change, DisplayName, Emoji, Member, MemberProfile, MemberRole, MessageDraft, MessageId, Reaction, Room,
    RoomDescription, RoomKind, RoomName, SentMessage, SystemEvent, Timestamp, UserSummary, Username,
    message::Placement,
};
use uuid::Uuid;

use super::*;
use crate::ws::frame::Frame;

fn room_id() -> RoomId {
    RoomId::new(Uuid::from_u128(1))
}

fn event(version: i64) -> RoomEvent {
    RoomEvent::from_change(room_id(), change(version), Version::ZERO)
}

/// A change of the room's name.
fn change(version: i64) -> Change {
    Change::Room(Box::new(room(version)))
}

fn room(version: i64) -> Room {
    let at = Timestamp::default();
    let version = Version::new(version);
    Room {
        id: room_id(),
        kind: RoomKind::Room,
        name: RoomName::from_stored("hall".to_owned()),
        description: RoomDescription::from_stored(String::new()),
        is_private: false,
        created_by: UserId::new(Uuid::from_u128(2)),
        last_seq: Seq::ZERO,
        version,
        details_version: version,
        created_at: at,
        updated_at: at,
        deleted_at: None,
    }
}

/// A message of version 1.
fn message() -> SentMessage {
    let sender_id = UserId::new(Uuid::from_u128(2));
    let sender = UserSummary {
        id: sender_id,
        username: Username::from_stored("ada".to_owned()),
        display_name: DisplayName::from_stored("Ada".to_owned()),
    };
    let message = MessageDraft::system(SystemEvent::MemberJoined, "ada joined").place(Placement {
        id: MessageId::new(Uuid::from_u128(3)),
        room_id: room_id(),
        seq: Seq::ZERO.next(),
        version: Version::new(1),
        sender_id,
        created_at: Timestamp::default(),
    });
    SentMessage::new(message, sender)
}

/// The same message, changed by a later version.
fn edited(version: i64) -> Change {
    let mut sent = message();
    sent.message.version = Version::new(version);
    Change::Message(Box::new(sent))
}

/// The last page of what changed up to a version.
fn page(changes: Vec<Change>, version: i64) -> ChangePage {
    ChangePage { changes, version: Version::new(version), last_seq: Seq::ZERO, has_more: false, reset: false }
}

/// A page that is not the last one.
fn first_page(changes: Vec<Change>, version: i64) -> ChangePage {
    ChangePage { has_more: true, ..page(changes, version) }
}

/// A user left.
fn left(user: u128, version: i64) -> RoomEvent {
    let at = Timestamp::default();
    let sender = message().sender;
    let user = UserSummary { id: UserId::new(Uuid::from_u128(user)), ..sender };
    let member = Member {
        room_id: room_id(),
        user_id: user.id,
        role: MemberRole::Member,
        joined_at: at,
        left_at: Some(at),
        version: Version::new(version),
        joined_version: Version::ZERO,
        delivered_seq: Seq::ZERO,
        read_seq: Seq::ZERO,
    };
    let profile = MemberProfile { member, user, shows_receipts: true };
    RoomEvent::from_change(room_id(), Change::Member(Box::new(profile)), Version::ZERO)
}

fn follow(channel: &mut RoomChannel, connection: u128, since: i64) -> (Arc<Outbox>, Activation) {
    let outbox = Arc::new(Outbox::default());
    let (user_id, since) = (UserId::new(Uuid::from_u128(connection)), Version::new(since));
    let subscriber = Subscriber { user_id, outbox: Arc::clone(&outbox), after: since, is_own_room: false };
    let (activation, _) = channel.activate(room_id(), Uuid::from_u128(connection), subscriber, since);
    (outbox, activation)
}

/// The versions of the events in an outbox; `synced` frames are left out.
fn told(outbox: &Outbox) -> Vec<i64> {
    let (frames, _) = outbox.drained();
    let parsed =
        frames.iter().filter_map(|frame| serde_json::from_str::<serde_json::Value>(frame.text()).ok());
    parsed
        .filter(|frame| frame["type"] == "room_updated")
        .filter_map(|frame| frame["version"].as_i64())
        .collect()
}

/// The types of the frames in an outbox.
fn kinds(outbox: &Outbox) -> Vec<String> {
    let (frames, _) = outbox.drained();
    let parsed =
        frames.iter().filter_map(|frame| serde_json::from_str::<serde_json::Value>(frame.text()).ok());
    parsed.filter_map(|frame| frame["type"].as_str().map(str::to_owned)).collect()
}

/// A change of the message, with reactions: 👍 by the users 1 and 2, 🎉 by user 1.
fn reacted(version: i64) -> RoomEvent {
    let mut sent = message();
    let by = |emoji: &str, users: &[u128]| Reaction {
        emoji: Emoji::from_stored(emoji.to_owned()),
        user_ids: users.iter().map(|user| UserId::new(Uuid::from_u128(*user))).collect(),
    };
    sent.message.version = Version::new(version);
    sent.reactions = vec![by("👍", &[1, 2]), by("🎉", &[1])];
    let body = RoomEventBody::MessageUpdated(Box::new(sent));
    RoomEvent { room_id: room_id(), version: Version::new(version), body }
}

/// The frames about messages in an outbox.
fn updates(outbox: &Outbox) -> Vec<Frame> {
    let (frames, _) = outbox.drained();
    frames.into_iter().filter(|frame| frame.text().contains("message_updated")).collect()
}

/// Which reactions a frame says are its reader's own.
fn own(frame: &Frame) -> Vec<(String, bool)> {
    let parsed: serde_json::Value = serde_json::from_str(frame.text()).unwrap_or_default();
    let reactions = parsed["message"]["reactions"].as_array().cloned().unwrap_or_default();
    let own = |reaction: &serde_json::Value| {
        let emoji = reaction["emoji"].as_str().unwrap_or_default().to_owned();
        (emoji, reaction["me"] == true)
    };
    reactions.iter().map(own).collect()
}

fn marked(thumb: bool, party: bool) -> Vec<Vec<(String, bool)>> {
    vec![vec![("👍".to_owned(), thumb), ("🎉".to_owned(), party)]]
}
