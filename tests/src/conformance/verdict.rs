//! What a run has found out.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Display, Formatter},
    time::Duration,
};

use serde_json::Value;

use super::{
    Mirror, Settings,
    client::Client,
    work::{Operation, Receipt},
};

/// How many findings are told in words.
const TOLD: usize = 20;

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

    fn message(&self, receipt: &Receipt) -> Option<&Value> {
        Some(self.rooms.get(&receipt.room_id)?.state().messages.get(&receipt.seq)?)
    }
}

/// What a run has found out. Its text is for people; the last line has everything that counts.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    clients: usize,
    instances: usize,
    messages: usize,
    elapsed: Duration,
    /// What was acknowledged, by kind.
    acknowledged: BTreeMap<&'static str, usize>,
    /// Acknowledged and not stored as it was acknowledged, or stored and not seen by a member.
    pub lost: usize,
    /// Stored or told twice.
    pub duplicated: usize,
    /// Told after something later.
    pub reordered: usize,
    /// Held by a member otherwise than it is stored.
    pub diverged: usize,
    /// Refused without a reason.
    pub refused: usize,
    /// Not acknowledged in time.
    pub unacknowledged: usize,
    /// Whether each room's messages are numbered 1, 2, 3, …
    pub is_gapless: bool,
    /// How often clients had to connect again.
    pub reconnects: usize,
    /// How often a gap was too large to be replayed.
    pub resets: usize,
    told: Vec<String>,
}

impl Verdict {
    pub(super) fn new(
        settings: &Settings,
        elapsed: Duration,
        clients: &[Client],
        evidence: &Evidence,
    ) -> Self {
        let mut verdict = Self {
            clients: clients.len(),
            instances: settings.urls.len(),
            elapsed,
            is_gapless: evidence.rooms.values().all(is_gapless),
            ..Self::default()
        };
        verdict.count_stored(evidence);
        for client in clients {
            verdict.judge(client, evidence);
        }
        verdict
    }

    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        let broken =
            self.lost + self.duplicated + self.reordered + self.diverged + self.refused + self.unacknowledged;
        broken == 0 && self.is_gapless
    }

    fn count_stored(&mut self, evidence: &Evidence) {
        let mut names = HashMap::<_, usize>::new();
        for message in evidence.rooms.values().flat_map(|room| room.state().messages.values()) {
            if let Some(name) = message["client_id"].as_str() {
                *names.entry((message["sender"]["id"].as_str(), name)).or_default() += 1;
            }
        }
        for ((_, name), times) in names.into_iter().filter(|(_, times)| *times > 1) {
            self.duplicated += times - 1;
            self.tell(|| format!("duplicated: {name} is stored {times} times"));
        }
    }

    fn judge(&mut self, client: &Client, evidence: &Evidence) {
        let record = &client.record;
        self.duplicated += record.duplicated;
        self.reordered += record.reordered;
        self.refused += record.refused;
        self.reconnects += record.reconnects;
        self.resets += record.resets;
        self.unacknowledged += client.work.unacknowledged();
        for told in &record.told {
            self.tell(|| told.clone());
        }
        self.judge_receipts(client, evidence);
        for (room_id, mirror) in &client.rooms {
            if let Some(stored) = evidence.rooms.get(room_id) {
                self.compare(client, room_id, mirror, stored);
            }
        }
    }

    /// Everything that was acknowledged must be stored; the last word about a message counts.
    fn judge_receipts(&mut self, client: &Client, evidence: &Evidence) {
        let mut last = HashMap::new();
        for (number, (operation, receipt)) in &client.work.done {
            let (kind, aspect) = match operation {
                Operation::Post { .. } => ("posts", "content"),
                Operation::Edit { .. } => ("edits", "content"),
                Operation::Delete { .. } => ("deletions", "content"),
                Operation::React { .. } => ("reactions", "reactions"),
                Operation::Unreact { .. } => ("reactions taken back", "reactions"),
            };
            *self.acknowledged.entry(kind).or_default() += 1;
            self.messages += usize::from(kind == "posts");
            last.insert((&receipt.message_id, aspect), (operation, receipt));
            if let Operation::Post { .. } = operation {
                let name = client.work.client_id(*number);
                let is_kept = evidence.message(receipt).is_some_and(|message| message["client_id"] == *name);
                if !is_kept {
                    self.lose(client, operation, receipt);
                }
            }
        }
        let deleted = |id: &String| {
            last.get(&(id, "content")).is_some_and(|(last, _)| matches!(last, Operation::Delete { .. }))
        };
        for ((id, _), (operation, receipt)) in &last {
            let is_kept = evidence.message(receipt).is_some_and(|message| {
                let is_same = message["id"] == **id && message["version"].as_i64() >= Some(receipt.version);
                is_same && (deleted(id) || shows(message, operation, &client.user_id))
            });
            if !is_kept {
                self.lose(client, operation, receipt);
            }
        }
    }

    fn lose(&mut self, client: &Client, operation: &Operation, receipt: &Receipt) {
        self.lost += 1;
        self.tell(|| format!("lost: {}: {operation:?}, acknowledged as {receipt:?}", client.username));
    }

    fn compare(&mut self, client: &Client, room_id: &str, held: &Mirror, stored: &Mirror) {
        let username = &client.username;
        let (held, stored) = (held.state(), stored.state());
        for (seq, message) in &stored.messages {
            match held.messages.get(seq) {
                Some(known) if is_same(known, message, &client.user_id) => {}
                Some(known) => {
                    self.diverged += 1;
                    self.tell(|| format!("diverged: {username} holds {known}, stored is {message}"));
                }
                None => {
                    self.lost += 1;
                    self.tell(|| format!("lost: {username} did not see message {seq} of room {room_id}"));
                }
            }
        }
        let unknown = held.messages.keys().filter(|seq| !stored.messages.contains_key(seq)).count();
        let others =
            usize::from(held.members != stored.members) + usize::from(held.details != stored.details);
        if unknown + others > 0 {
            self.diverged += unknown + others;
            self.tell(|| format!("diverged: {username} holds another room {room_id} than is stored"));
        }
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.told.len() < TOLD {
            self.told.push(what());
        }
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
fn is_same(held: &Value, stored: &Value, viewer: &str) -> bool {
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

fn is_gapless(room: &Mirror) -> bool {
    (1..).zip(room.state().messages.keys()).all(|(expected, seq)| expected == *seq)
}

/// Whether a stored message shows what its last acknowledged change said.
fn shows(message: &Value, operation: &Operation, user_id: &str) -> bool {
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

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for what in &self.told {
            writeln!(f, "{what}")?;
        }
        for (kind, count) in &self.acknowledged {
            writeln!(f, "{kind:<24}{count:>8} acknowledged")?;
        }
        let counts = [
            ("not acknowledged", self.unacknowledged),
            ("refused", self.refused),
            ("gaps too large to replay", self.resets),
        ];
        for (what, count) in counts {
            writeln!(f, "{what:<24}{count:>8}")?;
        }
        write!(
            f,
            "conformance: {} clients, {} instances, {} messages acknowledged in {:.1} s; lost = {}, duplicated = {}, \
             reordered = {}, diverged = {}; seq without holes = {}; reconnects = {}",
            self.clients,
            self.instances,
            self.messages,
            self.elapsed.as_secs_f64(),
            self.lost,
            self.duplicated,
            self.reordered,
            self.diverged,
            self.is_gapless,
            self.reconnects,
        )
    }
}
