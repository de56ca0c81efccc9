//! A chat client for a terminal: `chat ROOM_ID ACCESS_TOKEN [ws://127.0.0.1:8000]`.
//!
//! Type a line to post it. It shows what a client needs to be reliable: a `client_id` for each send, so that sending
//! again after a lost connection never posts twice; the version it has seen of the room, so that it gets exactly what
//! it missed; and heartbeats.

use std::{
    collections::VecDeque,
    error::Error,
    io::{BufRead, Write},
    time::{Duration, SystemTime},
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::MissedTickBehavior};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

struct Client {
    url: String,
    token: String,
    room_id: String,
    /// Everything up to here was shown.
    version: Option<i64>,
    /// What was typed and is not acknowledged yet, by its `client_id`.
    unacknowledged: VecDeque<(String, String)>,
    sent: u64,
    run: u128,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: chat ROOM_ID ACCESS_TOKEN [ws://127.0.0.1:8000]";
    let room_id = arguments.next().ok_or(usage)?;
    let token = arguments.next().ok_or(usage)?;
    let server = arguments.next().unwrap_or_else(|| "ws://127.0.0.1:8000".to_owned());
    #[expect(
        clippy::disallowed_methods,
        reason = "a client has no Clock port; it only needs names that differ"
    )]
    let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros();
    let mut client = Client {
        url: format!("{server}/api/v1/ws"),
        token,
        room_id,
        version: None,
        unacknowledged: VecDeque::new(),
        sent: 0,
        run,
    };
    let (typed, mut lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock().lines();
        while let Some(Ok(line)) = input.next() {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match client.connect(&mut lines).await {
            Ok(Ended::ByUser) => return Ok(()),
            Ok(Ended::ByServer(code)) if matches!(code, 4401 | 4403 | 4404 | 4409) => {
                return Err(format!("the server closed the connection with {code}").into());
            }
            Ok(Ended::ByServer(_)) | Err(_) => say("(connection lost; trying again)")?,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

enum Ended {
    ByUser,
    ByServer(u16),
}

impl Client {
    async fn connect(&mut self, lines: &mut mpsc::Receiver<String>) -> Result<Ended, Box<dyn Error>> {
        let mut request = self.url.as_str().into_client_request()?;
        request
            .headers_mut()
            .insert("authorization", HeaderValue::from_str(&format!("Bearer {}", self.token))?);
        let (mut socket, _) = connect_async(request).await?;
        let mut room = json!({"room_id": self.room_id});
        if let Some(version) = self.version {
            room["since"] = version.into();
        }
        socket.send(text(&json!({"type": "subscribe", "rooms": [room]}))).await?;
        for (client_id, content) in self.unacknowledged.clone() {
            socket.send(self.message(&client_id, &content)).await?;
        }
        let mut heartbeat = tokio::time::interval(Duration::from_secs(25));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                line = lines.recv() => {
                    let Some(line) = line else { return Ok(Ended::ByUser) };
                    if line.trim().is_empty() { continue; }
                    self.sent += 1;
                    let client_id = format!("{}-{}", self.run, self.sent);
                    socket.send(self.message(&client_id, &line)).await?;
                    self.unacknowledged.push_back((client_id, line));
                }
                _ = heartbeat.tick() => {
                    let seen = self.version.map(|version| json!({&self.room_id: version}));
                    socket.send(text(&json!({"type": "heartbeat", "seen": seen}))).await?;
                }
                received = socket.next() => match received {
                    Some(Ok(Message::Text(frame))) => self.receive(&serde_json::from_str(&frame)?)?,
                    Some(Ok(Message::Close(frame))) => return Ok(Ended::ByServer(frame.map_or(1005, |f| f.code.into()))),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(Ended::ByServer(1006)),
                },
            }
        }
    }

    fn message(&self, client_id: &str, content: &str) -> Message {
        text(&json!({"type": "message", "room_id": self.room_id, "client_id": client_id, "content": content}))
    }

    fn receive(&mut self, frame: &Value) -> Result<(), Box<dyn Error>> {
        let message = &frame["message"];
        match frame["type"].as_str().unwrap_or_default() {
            "hello" => say(&format!("(connected as {})", field(&frame["user"], "username")))?,
            "ack" => self.unacknowledged.retain(|(client_id, _)| frame["client_id"] != client_id.as_str()),
            "message" => {
                say(&format!("{}: {}", field(&message["sender"], "username"), field(message, "content")))?
            }
            "message_updated" => {
                say(&format!(
                    "{} edited: {}",
                    field(&message["sender"], "username"),
                    field(message, "content")
                ))?;
            }
            "message_deleted" => say(&format!("(message {} was deleted)", message["seq"]))?,
            "error" => say(&format!("(refused: {})", field(frame, "reason")))?,
            _ => {}
        }
        if let Some(version) =
            frame["version"].as_i64().filter(|_| frame["type"] != "subscribed" && frame["type"] != "ack")
        {
            self.version = Some(version);
        }
        Ok(())
    }
}

fn text(frame: &Value) -> Message {
    Message::text(frame.to_string())
}

fn field<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
