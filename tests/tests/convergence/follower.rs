//! A client that follows one room over one connection, which may break.

use std::{sync::Arc, time::Duration};

use plaza_tests::{
    client::{Socket, User},
    conformance::{Frame, Mirror, read_room},
    servers::Failure,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// An event that the bus lost is noticed within 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client's connection, and what it holds of the room.
pub(crate) struct Follower {
    pub(crate) user: User,
    pub(crate) mirror: Mirror,
    room_id: String,
    socket: Option<Socket>,
    /// It is told what happens, until it is told that its user has left.
    is_subscribed: bool,
    /// It was told to begin anew when its user was no member any more: it knows nothing until it subscribes again.
    is_blank: bool,
    sent: u64,
}

impl Follower {
    /// Not connected yet, and knows nothing.
    pub(crate) fn new(user: User, room_id: &str) -> Self {
        let (mirror, room_id) = (Mirror::default(), room_id.to_owned());
        Self { user, mirror, room_id, socket: None, is_subscribed: false, is_blank: false, sent: 0 }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Breaks the connection, or closes it in an orderly way.
    pub(crate) async fn disconnect(&mut self, orderly: bool) {
        self.is_subscribed = false;
        if let Some(socket) = self.socket.take().filter(|_| orderly) {
            socket.close().await;
        }
    }

    /// Comes back with what it had, or with a snapshot of now.
    pub(crate) async fn connect(&mut self, base: &str, afresh: bool) -> Result<(), Failure> {
        self.disconnect(false).await;
        if afresh {
            // Who is no member has no snapshot.
            self.mirror = self.snapshot().await.unwrap_or_default();
        }
        self.socket = Some(Socket::try_connect(base, "", self.user.api.token()).await?);
        self.subscribe().await
    }

    async fn subscribe(&mut self) -> Result<(), Failure> {
        let room = json!({ "room_id": self.room_id, "since": self.mirror.version() });
        self.send(json!({ "type": "subscribe", "rooms": [room] })).await
    }

    /// Subscribes again on the same connection, as one does who has become a member again.
    pub(crate) async fn subscribe_again(&mut self) -> Result<(), Failure> {
        if self.is_connected() {
            self.send(json!({ "type": "unsubscribe", "rooms": [self.room_id] })).await?;
            self.read_until("unsubscribed", |_, frame| frame.kind == "unsubscribed").await?;
            self.subscribe().await?;
        }
        Ok(())
    }

    /// Posts without waiting for an answer; false when there is no connection.
    pub(crate) async fn say(&mut self, words: &str) -> Result<bool, Failure> {
        self.sent += 1;
        let client_id = format!("{}-{}", self.sent, fastrand::u64(..));
        let message = json!({
            "type": "message", "room_id": self.room_id, "client_id": client_id, "content": words,
        });
        if self.is_connected() { self.send(message).await.map(|()| true) } else { Ok(false) }
    }

    /// Reads everything that was sent before now.
    pub(crate) async fn read(&mut self) -> Result<(), Failure> {
        if self.is_connected() {
            self.send(json!({ "type": "heartbeat" })).await?;
            self.read_until("heartbeat_ack", |_, frame| frame.kind == "heartbeat_ack").await?;
        }
        Ok(())
    }

    /// Reads until the room is known up to a version.
    pub(crate) async fn reach(&mut self, version: i64) -> Result<(), Failure> {
        if self.mirror.version() >= version {
            return Ok(());
        }
        self.read_until("the newest version", |this, _| this.mirror.version() >= version).await
    }

    /// Reads until it is told that it is told nothing any more.
    pub(crate) async fn hear_the_end(&mut self) -> Result<(), Failure> {
        if self.is_subscribed {
            self.read_until("the end of the membership", |this, _| !this.is_subscribed).await?;
        }
        Ok(())
    }

    /// What a new client of the user is told.
    pub(crate) async fn snapshot(&self) -> Result<Mirror, Failure> {
        let base = [self.user.api.base().to_owned()];
        read_room(&self.user.api, &base, &self.room_id).await
    }

    async fn send(&mut self, frame: Value) -> Result<(), Failure> {
        let socket = self.socket.as_mut().ok_or("not connected")?;
        Ok(socket.try_send(Message::text(frame.to_string())).await?)
    }

    async fn read_until(
        &mut self,
        what: &str,
        is_there: impl Fn(&Self, &Frame) -> bool,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let socket = self.socket.as_mut().ok_or("not connected")?;
            let name = &self.user.username;
            let frame = match socket.next_text_before(deadline).await {
                Some(Ok(text)) => Arc::new(Frame::parse(&text)?),
                Some(Err(ended)) => return Err(format!("{name} waits for {what}: {ended:?}").into()),
                None => {
                    let version = self.mirror.version();
                    return Err(format!("{name} waits for {what}, and is at version {version}").into());
                }
            };
            self.receive(&frame).await?;
            if is_there(self, &frame) {
                return Ok(());
            }
        }
    }

    fn apply(&mut self, frame: &Frame) -> Result<(), Failure> {
        let applied = self.mirror.apply(frame);
        applied.map_err(|irregular| format!("{}: {irregular:?}", self.user.username).into())
    }

    async fn receive(&mut self, frame: &Frame) -> Result<(), Failure> {
        let name = &self.user.username;
        match frame.kind.as_str() {
            "subscribed" => {
                (self.is_subscribed, self.is_blank) = (true, false);
                self.apply(frame)?;
            }
            // Refused: the user is no member now.
            "error" if frame.room_id == self.room_id => self.is_subscribed = false,
            "error" if !is_expected(&frame.body["code"]) => {
                return Err(format!("{name} is answered with {}", frame.body).into());
            }
            "reset" => {
                let fresh = self.snapshot().await.unwrap_or_default();
                // Who was removed meanwhile begins with nothing when they come back.
                self.is_blank = fresh.version() == 0;
                let version = if self.is_blank { 0 } else { frame.version };
                self.mirror = Mirror::new(version, fresh.state().clone());
            }
            _ => {
                let is_event = frame.version > 0 && !["ack", "synced"].contains(&frame.kind.as_str());
                if is_event && !self.is_subscribed {
                    return Err(format!("{name} is no member and is told {frame:?}").into());
                }
                if !self.is_blank {
                    self.apply(frame)?;
                }
            }
        }
        if frame.kind == "member_left" && frame.body["user"]["id"] == *self.user.id {
            self.is_subscribed = false;
        }
        Ok(())
    }
}

/// What somebody is told who posts and is no member.
fn is_expected(code: &Value) -> bool {
    ["forbidden", "not_found"].iter().any(|expected| code == expected)
}
