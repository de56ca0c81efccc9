//! What is stored in the end, and whether clients hold it.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Mirror,
    client::Client,
    work::{Operation, Receipt},
};

/// What is stored in the end.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) rooms: HashMap<String, Mirror>,
}

impl Evidence {
    /// Whether every client holds exactly this.
    pub(super) fn is_held_by(&self, clients: &[Client]) -> bool {
        clients.iter().all(|client| {
            client.rooms.iter().all(|(room_id, mirror)| {
                self.rooms.get(room_id).is_some_and(|room| is_same_room(room, mirror, &client.user_id))
            })
        })
    }

    /// The message that something was acknowledged as, or about.
    pub(super) fn message(&self, receipt: &Receipt) -> Option<&Value> {
        Some(self.rooms.get(&receipt.room_id)?.state().messages.get(&receipt.seq)?)
    }

    /// Whether each room's messages are numbered 1, 2, 3, …
    pub(super) fn is_gapless(&self) -> bool {
        self.rooms
            .values()
            .all(|room| (1..).zip(room.state().messages.keys()).all(|(place, seq)| place == *seq))
    }

    /// Names of sends that are stored more than once, and how often.
    pub(super) fn repeated(&self) -> Vec<(&str, usize)> {
        let mut names = HashMap::<_, usize>::new();
        for message in self.rooms.values().flat_map(|room| room.state().messages.values()) {
            if let Some(name) = message["client_id"].as_str() {
                *names.entry((message["sender"]["id"].as_str(), name)).or_default() += 1;
            }
        }
        let repeated = names.into_iter().filter(|(_, times)| *times > 1);
        repeated.map(|((_, name), times)| (name, times)).collect()
    }
}

fn is_same_room(stored: &Mirror, held: &Mirror, viewer: &str) -> bool {
    let (stored, held) = (stored.state(), held.state());
    let mut messages = stored.messages.iter().zip(&held.messages);
    stored.messages.len() == held.messages.len()
        && messages.all(|((place, stored), (seq, held))| place == seq && is_same(held, stored, viewer))
        && stored.members == held.members
        && stored.details == held.details
}

/// Whether a message is what is stored, which was read by another member: each is told of their own reactions.
pub(super) fn is_same(held: &Value, stored: &Value, viewer: &str) -> bool {
    if held == stored {
        return true;
    }
    let mut seen = stored.clone();
    for reaction in seen["reactions"].as_array_mut().into_iter().flatten() {
        let users = reaction["user_ids"].as_array();
        let me = users.is_some_and(|users| users.iter().any(|user| user == viewer));
        reaction["me"] = me.into();
    }
    *held == seen
}

/// Whether a stored message shows what its last acknowledged change said.
pub(super) fn shows(message: &Value, operation: &Operation, user_id: &str) -> bool {
    let is_there = |emoji: &str| {
        let reactions = message["reactions"].as_array().into_iter().flatten();
        let mut users = reactions
            .filter(|reaction| reaction["emoji"] == emoji)
            .flat_map(|reaction| reaction["user_ids"].as_array().into_iter().flatten());
        users.any(|user| user == user_id)
    };
    match operation {
        Operation::Post { content, .. } | Operation::Edit { content, .. } => message["content"] == **content,
        Operation::Delete { .. } => message["deleted_at"].is_string(),
        Operation::React { emoji, .. } => is_there(emoji),
        Operation::Unreact { emoji, .. } => !is_there(emoji),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::{super::RoomState, *};

    fn message(seq: i64, name: &str) -> Value {
        json!({ "seq": seq, "version": seq, "client_id": name, "sender": { "id": "ada" }, "content": "hello" })
    }

    fn stored(messages: &[Value]) -> Evidence {
        let messages = messages
            .iter()
            .map(|message| (message["seq"].as_i64().unwrap_or_default(), Arc::new(message.clone())));
        let state = RoomState { messages: messages.collect(), ..RoomState::default() };
        Evidence { rooms: HashMap::from([("lounge".to_owned(), Mirror::new(9, state))]) }
    }

    #[test]
    fn a_hole_and_a_message_that_is_stored_twice_are_found() {
        let fine = stored(&[message(1, "a"), message(2, "b")]);
        assert!(fine.is_gapless());
        assert_eq!(fine.repeated(), []);
        assert!(!stored(&[message(1, "a"), message(3, "b")]).is_gapless());
        assert_eq!(stored(&[message(1, "a"), message(2, "a")]).repeated(), [("a", 2)]);
    }

    #[test]
    fn each_member_is_told_of_their_own_reactions() {
        let seen = |me: bool| json!({ "reactions": [{ "emoji": "👍", "me": me, "user_ids": ["ada"] }] });
        assert!(is_same(&seen(true), &seen(false), "ada"));
        assert!(is_same(&seen(false), &seen(true), "bob"));
        assert!(!is_same(&seen(true), &seen(false), "bob"));
    }

    #[test]
    fn the_last_acknowledged_change_must_be_seen() {
        let edit =
            |content: &str| Operation::Edit { message_id: "1".to_owned(), content: content.to_owned() };
        assert!(shows(&message(1, "a"), &edit("hello"), "ada"));
        assert!(!shows(&message(1, "a"), &edit("hello again"), "ada"));
        assert!(!shows(&message(1, "a"), &Operation::Delete { message_id: "1".to_owned() }, "ada"));
    }
}
