//! An event as each follower is told it: one frame for all, and others for those who reacted to its message.

use std::collections::HashMap;

use plaza_application::events::{RoomEvent, RoomEventBody};
use plaza_domain::{Reaction, UserId, Version};

use super::Subscriber;
use crate::ws::{
    frame::Frame,
    frames::{Encode, encode_for},
};

/// An event, encoded once.
pub(super) struct Told {
    pub(super) version: Version,
    /// Whose membership ended with it.
    pub(super) left: Option<UserId>,
    frame: Frame,
    /// The event itself, if its message has reactions: it looks different to those who made them.
    reacted_to: Option<Box<RoomEvent>>,
}

impl Told {
    pub(super) fn new(event: &RoomEvent) -> Self {
        let reacted_to = (!reactions_of(event).is_empty()).then(|| Box::new(event.clone()));
        let left = match &event.body {
            RoomEventBody::MemberLeft(profile) => Some(profile.member.user_id),
            _ => None,
        };
        Self { version: event.version, left, frame: event.encode(), reacted_to }
    }

    /// Tells it to these followers.
    pub(super) fn tell<'a>(&self, followers: impl IntoIterator<Item = &'a Subscriber>) {
        let mut reactors = self.reacted_to.as_deref().map(Reactors::to);
        for Subscriber { user_id, outbox, .. } in followers {
            let own = reactors.as_mut().and_then(|reactors| reactors.frame_for(*user_id));
            outbox.push(own.unwrap_or_else(|| self.frame.clone()));
        }
    }

    /// About how many bytes it takes to remember it.
    pub(super) fn cost(&self) -> usize {
        let frame = self.frame.bytes().len();
        let event = self.reacted_to.as_deref().map_or(0, |event| {
            let named: usize = reactions_of(event).iter().map(|reaction| reaction.user_ids.len()).sum();
            frame + named * size_of::<UserId>()
        });
        frame + event
    }
}

/// Those who reacted to an event's message. All who used the same emoji are told the same, with a frame that is made
/// when the first of them is to be told.
struct Reactors<'a> {
    event: &'a RoomEvent,
    used: HashMap<UserId, Vec<usize>>,
    frames: HashMap<Vec<usize>, Frame>,
}

impl<'a> Reactors<'a> {
    fn to(event: &'a RoomEvent) -> Self {
        let mut used: HashMap<UserId, Vec<usize>> = HashMap::new();
        for (emoji, reaction) in reactions_of(event).iter().enumerate() {
            for user_id in &reaction.user_ids {
                used.entry(*user_id).or_default().push(emoji);
            }
        }
        Self { event, used, frames: HashMap::new() }
    }

    /// The frame for somebody who reacted.
    fn frame_for(&mut self, user_id: UserId) -> Option<Frame> {
        let used = self.used.get(&user_id)?;
        if let Some(frame) = self.frames.get(used) {
            return Some(frame.clone());
        }
        let frame = encode_for(self.event, user_id);
        self.frames.insert(used.clone(), frame.clone());
        Some(frame)
    }
}

fn reactions_of(event: &RoomEvent) -> &[Reaction] {
    event.body.message().map_or(&[], |sent| &sent.reactions)
}
