//! What a client that comes back was told already, while it is told what it missed.

use std::collections::HashSet;

use plaza_application::events::{RoomEvent, RoomEventBody};
use plaza_domain::{Change, RoomId, Version};
use uuid::Uuid;

/// Tells what is missed as new, when it is new to the client: page after page, also when it is changed meanwhile. Holds
/// the ids of what was told, which are at most as many as changes are replayed.
pub(super) struct Replay {
    room_id: RoomId,
    /// What the client knew in the beginning.
    known: Version,
    /// The messages and members that it was told of since.
    told: HashSet<Uuid>,
}

impl Replay {
    /// For a client that knows everything of a room up to `known`.
    pub(super) fn new(room_id: RoomId, known: Version) -> Self {
        Self { room_id, known, told: HashSet::new() }
    }

    /// The client throws away what it knew, and knows everything up to `version` from elsewhere.
    pub(super) fn reset(&mut self, version: Version) {
        self.known = version;
        self.told.clear();
    }

    /// What a change means to the client; `since` is where the page with the change began.
    pub(super) fn event(&mut self, change: Change, since: Version) -> RoomEvent {
        let id = match &change {
            Change::Message(sent) => Some(sent.message.id.uuid()),
            Change::Member(profile) => Some(profile.member.user_id.uuid()),
            Change::Room(_) => None,
        };
        let is_first = id.is_some_and(|id| self.told.insert(id));
        let event = RoomEvent::from_change(self.room_id, change, if is_first { self.known } else { since });
        if let RoomEventBody::MemberLeft(profile) = &event.body {
            // Who comes back is new again.
            self.told.remove(&profile.member.user_id.uuid());
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use plaza_domain::{
        DisplayName, MessageDraft, MessageId, SentMessage, Seq, SystemEvent, Timestamp, UserId, UserSummary,
        Username, message::Placement,
    };

    use super::*;

    /// A message that was posted as one change and last changed by another.
    fn message(created: i64, changed: i64) -> Change {
        let sender_id = UserId::new(Uuid::from_u128(2));
        let sender = UserSummary {
            id: sender_id,
            username: Username::from_stored("ada".to_owned()),
            display_name: DisplayName::from_stored("Ada".to_owned()),
        };
        let mut message = MessageDraft::system(SystemEvent::MemberJoined, "ada joined").place(Placement {
            id: MessageId::new(Uuid::from_u128(3)),
            room_id: RoomId::new(Uuid::from_u128(1)),
            seq: Seq::ZERO.next(),
            version: Version::new(created),
            sender_id,
            created_at: Timestamp::default(),
        });
        message.version = Version::new(changed);
        Change::Message(Box::new(SentMessage::new(message, sender)))
    }

    fn replay(known: i64) -> Replay {
        Replay::new(RoomId::new(Uuid::from_u128(1)), Version::new(known))
    }

    fn is_new(replay: &mut Replay, change: Change, since: i64) -> bool {
        matches!(replay.event(change, Version::new(since)).body, RoomEventBody::MessagePosted(_))
    }

    #[test]
    fn what_was_posted_since_is_new_on_whichever_page_it_comes() {
        assert!(is_new(&mut replay(10), message(50, 50), 10));
        assert!(is_new(&mut replay(10), message(50, 400), 210));
        assert!(!is_new(&mut replay(50), message(50, 400), 210));
    }

    #[test]
    fn what_changes_while_it_is_told_is_not_new_twice() {
        let mut replay = replay(10);
        assert!(is_new(&mut replay, message(50, 50), 10));
        assert!(!is_new(&mut replay, message(50, 500), 210));
    }

    #[test]
    fn after_a_reset_what_was_posted_before_it_is_known() {
        let mut replay = replay(10);
        replay.reset(Version::new(100));
        assert!(!is_new(&mut replay, message(50, 101), 100));
        assert!(is_new(&mut replay, message(101, 102), 100));
    }
}
