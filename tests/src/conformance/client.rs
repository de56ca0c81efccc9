//! A client as the protocol wants it: names its sends, remembers what it has seen, and comes back for the rest.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{
    Frame, Mirror, call,
    disruption::{Disruption, Disruptions},
    read_room,
    record::Record,
    shared::Shared,
    stage::LIMITED,
    work::Work,
};
use crate::{
    client::{Api, Ended, PASSWORD, Socket},
    servers::Failure,
};

/// How often a client shows that it is there.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After how long without a word a client takes the connection for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// How long the server may take to accept a frame.
const SENDING: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a connection is given up.
enum Stop {
    /// It is of no use any more: come back, and repeat what was not acknowledged.
    Broken,
    /// The client is where it wants to be.
    Done,
    /// Nothing that coming back would help with.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A user with one connection at a time.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) username: String,
    pub(super) user_id: String,
    pub(super) api: Api,
    pub(super) rooms: BTreeMap<String, Mirror>,
    pub(super) work: Work,
    pub(super) disruptions: Disruptions,
    pub(super) record: Record,
    pub(super) rng: fastrand::Rng,
    pub(super) shared: Shared,
    /// It has been counted among the finished.
    pub(super) is_counted: bool,
}

impl Client {
    /// Works until everything is acknowledged and the goals are reached, or the time is over.
    ///
    /// # Errors
    /// What makes the whole run meaningless, such as rate limits.
    pub(super) async fn run(mut self) -> Result<Self, Failure> {
        let mut pause = FIRST_PAUSE;
        while Instant::now() < self.deadline() {
            let mut is_greeted = false;
            match self.connection(&mut is_greeted).await {
                Err(Stop::Done) => break,
                Err(Stop::Failed(failure)) => return Err(format!("{}: {failure}", self.username).into()),
                Err(Stop::Broken) | Ok(()) => self.record.reconnects += 1,
            }
            pause = if is_greeted { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            sleep(pause).await;
        }
        Ok(self)
    }

    /// Whether everything is acknowledged and held.
    pub(super) fn is_done(&self) -> bool {
        let goals = self.shared.goals.borrow();
        let is_there = |(room, mirror): (&String, &Mirror)| {
            goals.versions.get(room).is_some_and(|version| mirror.version() >= *version)
        };
        self.work.is_done() && self.rooms.iter().all(is_there)
    }

    fn deadline(&self) -> Instant {
        let until = self.shared.goals.borrow().until;
        until.map_or(self.shared.deadline, |until| until.min(self.shared.deadline))
    }

    /// One connection, from the handshake to its end.
    async fn connection(&mut self, is_greeted: &mut bool) -> Result<(), Stop> {
        let urls = Arc::clone(&self.shared.urls);
        let base = &urls[self.rng.usize(0..urls.len())];
        let mut socket = match Socket::try_connect(base, "", self.api.token()).await {
            Ok(socket) => socket,
            Err(Error::Http(response)) if response.status() == 401 => return Ok(self.log_in().await?),
            Err(Error::Http(response)) if response.status() == 429 => {
                return Err(Stop::Failed(LIMITED.into()));
            }
            Err(_) => return Err(Stop::Broken),
        };
        let rooms: Vec<Value> = self
            .rooms
            .iter()
            .map(|(room_id, mirror)| json!({ "room_id": room_id, "since": mirror.version() }))
            .collect();
        send(&mut socket, json!({ "type": "subscribe", "rooms": rooms })).await?;
        for frame in self.work.again() {
            send(&mut socket, frame).await?;
        }
        let mut heard_at = Instant::now();
        let mut beat_at = heard_at + HEARTBEAT;
        let mut goals = self.shared.goals.clone();
        loop {
            self.disrupt(&mut socket, &mut heard_at).await?;
            while let Some(frame) = self.work.next(&mut self.rng) {
                send(&mut socket, frame).await?;
            }
            if self.work.is_done() && !self.is_counted {
                self.is_counted = true;
                self.shared.finished.send_modify(|count| *count += 1);
            }
            if self.is_done() || Instant::now() >= self.deadline() {
                socket.close().await;
                return Err(Stop::Done);
            }
            let wake_at =
                [Some(beat_at), Some(heard_at + SILENCE), Some(self.deadline()), self.work.due_at()];
            let wake_at = wake_at.into_iter().flatten().min().unwrap_or(beat_at);
            let received = tokio::select! {
                received = socket.next_text_before(wake_at) => received,
                Ok(()) = goals.changed() => continue,
            };
            match received {
                Some(Ok(text)) => {
                    heard_at = Instant::now();
                    let frame = self.shared.frames.read(&text)?;
                    *is_greeted |= frame.kind == "hello";
                    self.receive(&frame).await?;
                }
                Some(Err(Ended::Closed(4401))) => return Ok(self.log_in().await?),
                Some(Err(Ended::Closed(4429))) => return Err(Stop::Failed(LIMITED.into())),
                Some(Err(Ended::Closed(code @ (4400 | 4403 | 4404)))) => {
                    let failure = format!("the server closed the connection with {code}");
                    return Err(Stop::Failed(failure.into()));
                }
                Some(Err(_)) => return Err(Stop::Broken),
                None if Instant::now() >= heard_at + SILENCE => return Err(Stop::Broken),
                None => {}
            }
            if Instant::now() >= beat_at {
                beat_at = Instant::now() + HEARTBEAT;
                let seen =
                    self.rooms.iter().map(|(room_id, mirror)| (room_id.clone(), mirror.version().into()));
                let seen: serde_json::Map<String, Value> = seen.collect();
                send(&mut socket, json!({ "type": "heartbeat", "seen": seen })).await?;
            }
        }
    }

    /// Does to the connection what is planned for now.
    async fn disrupt(&mut self, socket: &mut Socket, heard_at: &mut Instant) -> Result<(), Stop> {
        let Some(disruption) = self.disruptions.due(self.work.acknowledged_posts, &mut self.rng) else {
            return Ok(());
        };
        match disruption {
            Disruption::Stall(time) => {
                sleep(time).await;
                *heard_at = Instant::now();
                return Ok(());
            }
            Disruption::Close => drop(send_close(socket).await),
            Disruption::Drop => {}
        }
        sleep(Disruptions::absence(&mut self.rng)).await;
        Err(Stop::Broken)
    }

    async fn receive(&mut self, frame: &Frame) -> Result<(), Stop> {
        match frame.kind.as_str() {
            "ack" => match self.work.acknowledge(&frame.body, &mut self.rng) {
                Ok(true) => self.shared.acknowledged.send_modify(|count| *count += 1),
                Ok(false) => {}
                Err(irregular) => self.record.note(&self.username, irregular),
            },
            "error" => self.refused(&frame.body)?,
            "reset" => {
                self.record.resets += 1;
                let fresh = read_room(&self.api, &self.shared.urls, &frame.room_id).await?;
                let mirror = self.rooms.entry(frame.room_id.clone()).or_default();
                mirror.reset(frame.version, fresh.state().clone());
            }
            _ => {
                let applied = self.rooms.get_mut(&frame.room_id).map(|mirror| mirror.apply(frame));
                if let Some(Err(irregular)) = applied {
                    self.record.note(&self.username, irregular);
                }
            }
        }
        Ok(())
    }

    fn refused(&mut self, error: &Value) -> Result<(), Stop> {
        match error["code"].as_str() {
            Some("rate_limited") => Err(Stop::Failed(LIMITED.into())),
            // A server that stops, or whose database is away.
            Some("unavailable" | "internal") => Err(Stop::Broken),
            _ if self.work.refuse(error) => {
                self.record.refused += 1;
                self.record.tell(&self.username, &error.to_string());
                Ok(())
            }
            _ => Err(Stop::Failed(error.to_string().into())),
        }
    }

    async fn log_in(&mut self) -> Result<(), Failure> {
        let login = json!({ "login": self.username, "password": PASSWORD });
        let answer = call(&self.api, &self.shared.urls, Method::POST, "/auth/login", Some(&login)).await?;
        let token = answer["access_token"].as_str().ok_or("a login without a token")?;
        self.api = self.api.with_token(token);
        Ok(())
    }
}

async fn send(socket: &mut Socket, frame: Value) -> Result<(), Stop> {
    let sending = socket.try_send(Message::text(frame.to_string()));
    match timeout_at(Instant::now() + SENDING, sending).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Stop::Broken),
    }
}

async fn send_close(socket: &mut Socket) -> Result<(), Stop> {
    match timeout_at(Instant::now() + SENDING, socket.try_send(Message::Close(None))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Stop::Broken),
    }
}
