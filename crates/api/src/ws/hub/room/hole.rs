//! A hole in a room's events while it is filled from the database, page after page.

use std::collections::HashSet;

use plaza_application::events::{RoomEvent, RoomEventBody};
use plaza_domain::Version;
use uuid::Uuid;

/// What followers knew before the hole, and what they were told of since: a message that was posted in the hole and
/// changed behind its first page is new to them all the same, whether a page or the bus tells it, and new once. Holds as
/// many ids as changes are replayed, at most.
pub(super) struct Hole {
    known: Version,
    told: HashSet<Uuid>,
    /// What was posted in the hole may be on no page yet.
    pub(super) has_more: bool,
}

impl Hole {
    /// A hole after that version.
    pub(super) fn after(known: Version) -> Self {
        Self { known, told: HashSet::new(), has_more: true }
    }

    /// Followers are told of an event. When it is the first one about its message or member that they are told of, and
    /// that is not older than the hole, the version that it came with: it is new to those who do not hold that yet.
    pub(super) fn note(&mut self, event: &RoomEvent) -> Option<Version> {
        let (id, first) = match &event.body {
            RoomEventBody::MessagePosted(sent)
            | RoomEventBody::MessageUpdated(sent)
            | RoomEventBody::MessageDeleted(sent) => (sent.message.id.uuid(), sent.message.created_version),
            RoomEventBody::MemberJoined(profile) | RoomEventBody::MemberUpdated(profile) => {
                (profile.member.user_id.uuid(), profile.member.joined_version)
            }
            RoomEventBody::MemberLeft(profile) => {
                // Who comes back is new again.
                self.told.remove(&profile.member.user_id.uuid());
                return None;
            }
            RoomEventBody::RoomUpdated(_) | RoomEventBody::RoomDeleted(_) => return None,
        };
        (self.told.insert(id) && first > self.known).then_some(first)
    }
}
