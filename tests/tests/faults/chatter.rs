//! A client as PROTOCOL wants it: names its sends, remembers what it has seen, and comes back for the rest.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use plaza_tests::client::{Socket, User};
use serde_json::{Value, json};
use tokio::{sync::watch, time::Instant};
use tokio_tungstenite::tungstenite::Message;

/// How many sends may be unacknowledged.
const WINDOW: usize = 64;
/// How long a client waits for a frame before it takes the connection for dead.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a client is away after its connection broke.
const PAUSE: Duration = Duration::from_millis(100);

/// What a client knows about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) content: String,
}

/// What a client has seen and done.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The room, by `seq`.
    pub(crate) seen: BTreeMap<i64, Known>,
    /// Acknowledged sends: by name, place and id.
    pub(crate) acknowledged: HashMap<String, (i64, String)>,
    /// Messages that came twice.
    pub(crate) duplicated: usize,
    /// Events that came before an earlier one.
    pub(crate) reordered: usize,
    /// How often it had to connect again.
    pub(crate) reconnects: usize,
}

/// A client that posts `total` messages as fast as it may, and reads until the room has `expected`.
pub(crate) struct Chatter {
    pub(crate) user: User,
    pub(crate) room_id: String,
    pub(crate) total: usize,
    /// How many user messages the room will have in the end.
    pub(crate) expected: usize,
    /// Counts every acknowledgement of all clients.
    pub(crate) progress: Arc<watch::Sender<usize>>,
}

struct Run {
    chatter: Chatter,
    report: Report,
    version: i64,
    next: usize,
    unacknowledged: BTreeMap<usize, String>,
    user_messages: usize,
}

impl Chatter {
    /// Runs to the end, or panics at the deadline.
    pub(crate) async fn run(self, deadline: Instant) -> Report {
        let mut run = Run {
            chatter: self,
            report: Report::default(),
            version: 0,
            next: 0,
            unacknowledged: BTreeMap::new(),
            user_messages: 0,
        };
        while !run.is_done() {
            assert!(
                Instant::now() < deadline,
                "{} did not finish: {} acknowledged, {} of {} seen",
                run.chatter.user.username,
                run.report.acknowledged.len(),
                run.user_messages,
                run.chatter.expected
            );
            run.connection().await;
            if !run.is_done() {
                run.report.reconnects += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
        run.report
    }
}

impl Run {
    fn is_done(&self) -> bool {
        self.report.acknowledged.len() == self.chatter.total && self.user_messages >= self.chatter.expected
    }

    /// One connection, from subscribing to its end.
    async fn connection(&mut self) {
        let user = &self.chatter.user;
        let Ok(mut socket) = Socket::try_connect(user.api.base(), "", user.api.token()).await else { return };
        let room = json!({ "room_id": self.chatter.room_id, "since": self.version });
        let subscribe = json!({ "type": "subscribe", "rooms": [room] });
        let again: Vec<usize> = self.unacknowledged.keys().copied().collect();
        let mut sent = socket.try_send(Message::text(subscribe.to_string())).await;
        for number in again {
            if sent.is_ok() {
                sent = socket.try_send(self.message(number)).await;
            }
        }
        let mut last_version = self.version;
        while sent.is_ok() && !self.is_done() {
            while sent.is_ok() && self.unacknowledged.len() < WINDOW && self.next < self.chatter.total {
                let number = self.next;
                self.next += 1;
                self.unacknowledged.insert(number, self.name(number));
                sent = socket.try_send(self.message(number)).await;
            }
            let Some(Ok(frame)) = socket.next_before(Instant::now() + SILENCE).await else { return };
            self.receive(&frame, &mut last_version);
        }
    }

    fn receive(&mut self, frame: &Value, last_version: &mut i64) {
        match frame["type"].as_str() {
            Some("ack") => self.acknowledge(frame),
            Some("error") => {
                // Only a server that stops refuses: the send stays unacknowledged and is repeated.
                assert_eq!(frame["code"], "unavailable", "{frame}");
            }
            Some("message") => {
                let version = frame["version"].as_i64().expect("a version");
                if version <= *last_version {
                    self.report.reordered += 1;
                }
                *last_version = version;
                self.version = self.version.max(version);
                self.see(&frame["message"]);
            }
            Some("member_joined" | "member_updated") => {
                *last_version = frame["version"].as_i64().expect("a version");
                self.version = self.version.max(*last_version);
            }
            Some("reset") => panic!("no gap here is too large to replay: {frame}"),
            _ => {}
        }
    }

    fn acknowledge(&mut self, ack: &Value) {
        let name = ack["client_id"].as_str().expect("a client_id").to_owned();
        let place =
            (ack["seq"].as_i64().expect("a seq"), ack["message_id"].as_str().expect("an id").to_owned());
        self.unacknowledged.retain(|_, waiting| *waiting != name);
        let before = self.report.acknowledged.insert(name.clone(), place.clone());
        assert!(before.is_none_or(|before| before == place), "{name} was acknowledged twice, differently");
        self.chatter.progress.send_modify(|count| *count += 1);
    }

    fn see(&mut self, message: &Value) {
        let seq = message["seq"].as_i64().expect("a seq");
        let known = Known {
            id: message["id"].as_str().expect("an id").to_owned(),
            content: message["content"].as_str().expect("content").to_owned(),
        };
        if self.report.seen.insert(seq, known).is_some() {
            self.report.duplicated += 1;
        } else if message["message_type"] == "text" {
            self.user_messages += 1;
        }
    }

    fn name(&self, number: usize) -> String {
        format!("{}-{number}", self.chatter.user.username)
    }

    fn message(&self, number: usize) -> Message {
        let name = self.name(number);
        let message = json!({
            "type": "message", "room_id": self.chatter.room_id, "client_id": name, "content": name,
        });
        Message::text(message.to_string())
    }
}
