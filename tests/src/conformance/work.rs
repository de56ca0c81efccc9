//! What one client asks for: posts, edits, deletions, reactions; repeated until they are acknowledged.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Irregular;

/// How many requests may be unacknowledged.
const WINDOW: usize = 16;
const EMOJI: [&str; 3] = ["👍", "🎉", "❤️"];
/// Of a hundred posts, how many are sent twice in a row, edited, deleted, reacted to.
const TWICE: u8 = 2;
const EDITED: u8 = 12;
const DELETED: u8 = 4;
const REACTED: u8 = 15;
/// Of a hundred acknowledged edits or reactions, how many are followed by a deletion, or taken back.
const FOLLOWED: u8 = 25;

/// Something that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Post { room_id: String, content: String },
    Edit { message_id: String, content: String },
    Delete { message_id: String },
    React { message_id: String, emoji: &'static str },
    Unreact { message_id: String, emoji: &'static str },
}

/// What the server said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) message_id: String,
    pub(super) room_id: String,
    pub(super) seq: i64,
    pub(super) version: i64,
}

/// The requests of one client.
#[derive(Debug)]
pub(super) struct Work {
    name: String,
    rooms: Vec<String>,
    quota: usize,
    reacts: bool,
    posted: usize,
    begun: Instant,
    spread: Duration,
    next_number: u64,
    follow_ups: VecDeque<Operation>,
    twice: Option<u64>,
    pending: BTreeMap<u64, Operation>,
    /// Sent on more than one connection: the server may do them late once more.
    repeated: HashSet<u64>,
    pub(super) done: BTreeMap<u64, (Operation, Receipt)>,
    pub(super) acknowledged_posts: usize,
}

impl Work {
    /// `quota` posts in `rooms`, spread over a time; reactions too if the server `reacts`.
    pub(super) fn new(name: &str, rooms: Vec<String>, quota: usize, spread: Duration, reacts: bool) -> Self {
        Self {
            name: name.to_owned(),
            rooms,
            quota,
            reacts,
            posted: 0,
            begun: Instant::now(),
            spread,
            next_number: 0,
            follow_ups: VecDeque::new(),
            twice: None,
            pending: BTreeMap::new(),
            repeated: HashSet::new(),
            done: BTreeMap::new(),
            acknowledged_posts: 0,
        }
    }

    /// Whether everything is acknowledged.
    pub(super) fn is_done(&self) -> bool {
        self.unacknowledged() == 0
    }

    /// How many requests are not acknowledged, those included that were not sent yet.
    pub(super) fn unacknowledged(&self) -> usize {
        self.quota - self.posted + self.follow_ups.len() + self.pending.len()
    }

    /// When the next post is to be sent, if there is one.
    pub(super) fn due_at(&self) -> Option<Instant> {
        let share = self.posted as f64 / self.quota.max(1) as f64;
        (self.posted < self.quota && self.pending.len() < WINDOW)
            .then(|| self.begun + self.spread.mul_f64(share))
    }

    /// The next request to send, if there is one now.
    pub(super) fn next(&mut self, rng: &mut fastrand::Rng) -> Option<Value> {
        if let Some(number) = self.twice.take() {
            return self.frame(number);
        }
        if self.pending.len() >= WINDOW {
            return None;
        }
        let number = self.next_number;
        let operation = match self.follow_ups.pop_front() {
            Some(operation) => operation,
            None => {
                self.due_at().filter(|at| *at <= Instant::now())?;
                self.posted += 1;
                self.twice = (rng.u8(0..100) < TWICE).then_some(number);
                let room_id = self.rooms[rng.usize(0..self.rooms.len())].clone();
                let content = format!("{} {}", self.client_id(number), "and so on ".repeat(rng.usize(0..12)));
                Operation::Post { room_id, content: content.trim_end().to_owned() }
            }
        };
        self.next_number += 1;
        self.pending.insert(number, operation);
        self.frame(number)
    }

    /// What to send again on a new connection.
    pub(super) fn again(&mut self) -> Vec<Value> {
        self.twice = None;
        self.repeated.extend(self.pending.keys());
        self.pending.keys().filter_map(|number| self.frame(*number)).collect()
    }

    /// The name that a post is repeated by.
    pub(super) fn client_id(&self, number: u64) -> String {
        format!("{}-{number}", self.name)
    }

    fn frame(&self, number: u64) -> Option<Value> {
        let client_id = self.client_id(number);
        Some(match self.pending.get(&number)? {
            Operation::Post { room_id, content } => json!({
                "type": "message", "id": number, "client_id": client_id, "room_id": room_id, "content": content,
            }),
            Operation::Edit { message_id, content } => {
                json!({ "type": "edit", "id": number, "message_id": message_id, "content": content })
            }
            Operation::Delete { message_id } => {
                json!({ "type": "delete", "id": number, "message_id": message_id })
            }
            Operation::React { message_id, emoji } => {
                json!({ "type": "react", "id": number, "message_id": message_id, "emoji": emoji })
            }
            Operation::Unreact { message_id, emoji } => {
                json!({ "type": "unreact", "id": number, "message_id": message_id, "emoji": emoji })
            }
        })
    }

    /// Takes an `ack`. True when it is the first one of a post.
    ///
    /// # Errors
    /// When it was acknowledged before, as another message.
    pub(super) fn acknowledge(&mut self, ack: &Value, rng: &mut fastrand::Rng) -> Result<bool, Irregular> {
        let Some(number) = ack["id"].as_u64() else { return Ok(false) };
        let text = |field: &str| ack[field].as_str().unwrap_or_default().to_owned();
        let receipt = Receipt {
            message_id: text("message_id"),
            room_id: text("room_id"),
            seq: ack["seq"].as_i64().unwrap_or_default(),
            version: ack["version"].as_i64().unwrap_or_default(),
        };
        let Some(operation) = self.pending.remove(&number) else {
            let before = self.done.get(&number).map(|(_, before)| (&before.message_id, before.seq));
            if before == Some((&receipt.message_id, receipt.seq)) {
                return Ok(false);
            }
            let name = self.client_id(number);
            return Err(Irregular::Duplicated(format!(
                "{name} was acknowledged as {before:?}, then as {ack}"
            )));
        };
        let is_post = matches!(operation, Operation::Post { .. });
        self.acknowledged_posts += usize::from(is_post);
        // Who acts again on something must know that nothing older is under way.
        if !self.repeated.contains(&number) {
            self.follow_up(&operation, &receipt, rng);
        }
        self.done.insert(number, (operation, receipt));
        Ok(is_post)
    }

    /// Takes an `error` about a request: it is not repeated. False when it is about none.
    pub(super) fn refuse(&mut self, error: &Value) -> bool {
        error["id"].as_u64().is_some_and(|number| self.pending.remove(&number).is_some())
    }

    fn follow_up(&mut self, operation: &Operation, receipt: &Receipt, rng: &mut fastrand::Rng) {
        let message_id = receipt.message_id.clone();
        let chance = rng.u8(0..100);
        let reacted = EDITED + DELETED + if self.reacts { REACTED } else { 0 };
        let next = match operation {
            Operation::Post { content, .. } if chance < EDITED => {
                Operation::Edit { message_id, content: format!("{content}, edited") }
            }
            Operation::Post { .. } if chance < EDITED + DELETED => Operation::Delete { message_id },
            Operation::Post { .. } if chance < reacted => {
                Operation::React { message_id, emoji: EMOJI[usize::from(chance) % EMOJI.len()] }
            }
            Operation::Edit { .. } if chance < FOLLOWED => Operation::Delete { message_id },
            Operation::React { emoji, .. } if chance < FOLLOWED => Operation::Unreact { message_id, emoji },
            _ => return,
        };
        self.follow_ups.push_back(next);
    }
}
