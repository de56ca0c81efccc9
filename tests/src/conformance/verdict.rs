//! What a run has found out.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Display, Formatter},
    time::Duration,
};

use super::{
    Mirror, Settings,
    client::Client,
    evidence::{Evidence, is_same, shows},
    work::{Operation, Receipt},
};

/// How many findings are told in words.
const TOLD: usize = 20;

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
            is_gapless: evidence.is_gapless(),
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
        for (name, times) in evidence.repeated() {
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
