//! A room as a client holds it: built from the frames that it receives.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::Frame;

/// What there is to know of a room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomState {
    /// Its name, description and privacy.
    pub details: [Value; 3],
    /// Who is in it, by id: the user and the role.
    pub members: BTreeMap<String, [Value; 2]>,
    /// Its messages in their latest state, by `seq`.
    pub messages: BTreeMap<i64, Arc<Value>>,
}

impl RoomState {
    /// What a room's view says of it.
    pub(super) fn details(room: &Value) -> [Value; 3] {
        ["name", "description", "is_private"].map(|field| room[field].clone())
    }
}

/// An event that a client must not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Irregular {
    /// It was told before.
    Duplicated(String),
    /// A later one was told before it, or it changes what was never told.
    Reordered(String),
}

/// How much of what the server has to tell on this connection has been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    /// Nothing of what was missed.
    #[default]
    Nothing,
    /// A part of what was missed.
    Part,
    /// All of it; what comes now is live.
    All,
}

/// A client's copy of a room.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    state: RoomState,
    version: i64,
    /// Messages that a snapshot has and the events have not told yet.
    foreseen: BTreeSet<i64>,
    told: Told,
    /// A connection broke while a part of what was missed was told: what changed after that part may not be known.
    is_torn: bool,
}

impl Mirror {
    /// Begins with a snapshot that was read when the room had `version` already.
    pub fn new(version: i64, state: RoomState) -> Self {
        let is_newer = |message: &Value| message["version"].as_i64().is_none_or(|last| last > version);
        let foreseen = state.messages.iter().filter(|(_, message)| is_newer(message));
        Self { foreseen: foreseen.map(|(seq, _)| *seq).collect(), version, state, ..Self::default() }
    }

    /// Begins anew with such a snapshot, on the same connection.
    pub fn reset(&mut self, version: i64, state: RoomState) {
        let told = if self.told == Told::All { Told::All } else { Told::Nothing };
        *self = Self { told, ..Self::new(version, state) };
    }

    /// Everything up to here is known: from where to resume.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// What is known.
    pub fn state(&self) -> &RoomState {
        &self.state
    }

    /// Takes a frame about the room; those that change nothing in it are passed over.
    ///
    /// # Errors
    /// When the frame should not have come; it is not applied.
    pub fn apply(&mut self, frame: &Frame) -> Result<(), Irregular> {
        match frame.kind.as_str() {
            "subscribed" => {
                self.is_torn |= self.told == Told::Part;
                self.told = Told::Nothing;
                return Ok(());
            }
            "synced" => {
                // What changed back again was told by nothing.
                self.version = self.version.max(frame.version);
                self.told = Told::All;
                self.is_torn = false;
                return Ok(());
            }
            "message" | "message_updated" | "message_deleted" | "member_joined" | "member_left"
            | "member_updated" | "room_updated" | "room_deleted" => {}
            _ => return Ok(()),
        }
        self.check(frame)?;
        self.version = frame.version;
        if self.told == Told::Nothing {
            self.told = Told::Part;
        }
        if let Some(message) = &frame.message {
            self.keep_message(message);
        } else if frame.kind == "room_updated" {
            self.state.details = RoomState::details(&frame.body["room"]);
        } else if frame.kind == "room_deleted" {
            self.state = RoomState::default();
        } else {
            let id = text(&frame.body["user"]["id"]);
            if frame.kind == "member_left" {
                self.state.members.remove(&id);
            } else {
                self.state.members.insert(id, ["user", "role"].map(|field| frame.body[field].clone()));
            }
        }
        Ok(())
    }

    fn check(&self, frame: &Frame) -> Result<(), Irregular> {
        let name = || format!("{} of version {} after {}", frame.kind, frame.version, self.version);
        let seq = frame.message.as_ref().map(|message| seq_of(message));
        let known = seq.and_then(|seq| self.state.messages.get(&seq));
        let is_known = known.is_some() && known == frame.message.as_ref();
        if frame.version == self.version || (frame.version < self.version && is_known) {
            return Err(Irregular::Duplicated(name()));
        }
        if frame.version < self.version {
            return Err(Irregular::Reordered(name()));
        }
        let is_foreseen = seq.is_some_and(|seq| self.foreseen.contains(&seq));
        if frame.kind == "message" && known.is_some() && !is_foreseen {
            return Err(Irregular::Duplicated(format!("{}: the message is known", name())));
        }
        if frame.kind == "message_updated" && known.is_none() && !self.is_torn {
            return Err(Irregular::Reordered(format!("{}: the message was never told", name())));
        }
        Ok(())
    }

    fn keep_message(&mut self, message: &Arc<Value>) {
        let seq = seq_of(message);
        self.foreseen.remove(&seq);
        self.state.messages.insert(seq, Arc::clone(message));
    }
}

fn seq_of(message: &Value) -> i64 {
    message["seq"].as_i64().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn frame(kind: &str, version: i64, seq: i64, content: &str) -> Frame {
        let message = json!({ "seq": seq, "version": version, "content": content });
        let text = json!({ "type": kind, "room_id": "r", "version": version, "message": message });
        Frame::parse(&text.to_string()).expect("a frame")
    }

    #[test]
    fn frames_make_the_room() {
        let mut mirror = Mirror::default();
        for told in [
            frame("message", 2, 1, "one"),
            frame("message", 3, 2, "two"),
            frame("message_updated", 5, 1, "uno"),
        ] {
            assert_eq!(mirror.apply(&told), Ok(()));
        }
        let contents: Vec<_> = mirror.state().messages.values().map(|message| &message["content"]).collect();
        assert_eq!(contents, ["uno", "two"]);
        assert_eq!(mirror.version(), 5);
    }

    #[test]
    fn what_comes_twice_or_late_is_found() {
        let mut mirror = Mirror::default();
        let (one, late) = (frame("message", 2, 2, "two"), frame("message", 1, 1, "one"));
        assert_eq!(mirror.apply(&one), Ok(()));
        assert!(matches!(mirror.apply(&one), Err(Irregular::Duplicated(_))));
        assert!(matches!(mirror.apply(&late), Err(Irregular::Reordered(_))));
        let again = frame("message", 3, 2, "two");
        assert!(matches!(mirror.apply(&again), Err(Irregular::Duplicated(_))));
    }

    #[test]
    fn an_update_of_what_was_never_told_is_found() {
        let mut mirror = Mirror::default();
        let update = frame("message_updated", 3, 1, "uno");
        assert!(matches!(mirror.apply(&update), Err(Irregular::Reordered(_))));
    }

    #[test]
    fn an_update_of_what_was_never_told_is_fine_when_the_telling_broke_off() {
        let mut mirror = Mirror::default();
        // The first message was edited by version 4, and the connection broke before that.
        for told in [
            frame("subscribed", 4, 0, ""),
            frame("message", 3, 2, "two"),
            frame("subscribed", 4, 0, ""),
            frame("message_updated", 4, 1, "uno"),
            frame("synced", 4, 0, ""),
        ] {
            assert_eq!(mirror.apply(&told), Ok(()));
        }
        let update = frame("message_updated", 6, 3, "tre");
        assert!(matches!(mirror.apply(&update), Err(Irregular::Reordered(_))), "all was told");
        assert_eq!(mirror.apply(&frame("subscribed", 6, 0, "")), Ok(()));
        assert!(matches!(mirror.apply(&update), Err(Irregular::Reordered(_))), "nothing broke off");
    }

    #[test]
    fn a_snapshot_may_be_ahead_of_its_version() {
        let ahead = frame("message", 4, 1, "one");
        let messages = ahead.message.clone().map(|message| (1, message));
        let state = RoomState { messages: messages.into_iter().collect(), ..RoomState::default() };
        let mut mirror = Mirror::new(3, state);
        assert_eq!(mirror.apply(&ahead), Ok(()));
        let again = frame("message", 5, 1, "one");
        assert!(matches!(mirror.apply(&again), Err(Irregular::Duplicated(_))));
    }
}
