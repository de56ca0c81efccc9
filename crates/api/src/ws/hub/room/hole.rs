//! A hole in a room's events while it is filled from the database, page after page.

use std::collections::HashSet;

use plaza_application::events::{RoomEvent, RoomEventBody};
use plaza_domain::{Change, Version};
use uuid::Uuid;

/// What followers knew before the hole, and whom and what they were told of since: a message that was posted in the hole
/// and changed behind its first page is new to them all the same, and new once. Holds as many ids as changes are
/// replayed, at most.
pub(super) struct Hole {
    known: Version,
    told: HashSet<Uuid>,
}

impl Hole {
    /// A hole after that version.
    pub(super) fn after(known: Version) -> Self {
        Self { known, told: HashSet::new() }
    }

    /// Up to which version followers know the thing that changed; `handed_out` is how far they were told by now.
    pub(super) fn known_to_followers(&mut self, change: &Change, handed_out: Version) -> Version {
        let id = match change {
            Change::Message(sent) => sent.message.id.uuid(),
            Change::Member(profile) => profile.member.user_id.uuid(),
            Change::Room(_) => return handed_out,
        };
        if self.told.insert(id) { self.known } else { handed_out }
    }

    /// Followers were told of something new while the hole was being filled.
    pub(super) fn note(&mut self, event: &RoomEvent) {
        match &event.body {
            RoomEventBody::MessagePosted(sent) => self.told.insert(sent.message.id.uuid()),
            RoomEventBody::MemberJoined(profile) => self.told.insert(profile.member.user_id.uuid()),
            _ => false,
        };
    }
}
