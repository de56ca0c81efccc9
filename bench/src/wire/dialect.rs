//! What servers want to hear on a WebSocket.

use async_trait::async_trait;
use serde_json::json;

use super::Socket;
use crate::{Failure, stage::Seat};

/// How one speaks to a server.
#[async_trait]
pub(crate) trait Dialect: Sync {
    /// Where to connect.
    fn path(&self, seat: &Seat) -> String;

    /// What is spoken, where that has to be named.
    fn subprotocol(&self) -> Option<&'static str> {
        None
    }

    /// From the handshake until the server has somebody in their room.
    async fn enter(&self, socket: &mut Socket, seat: &Seat) -> Result<(), Failure>;

    /// Posts a text.
    fn post(&self, seat: &Seat, text: &str) -> String;

    /// A sign of life that clients send of themselves.
    fn heartbeat(&self) -> Option<&'static str> {
        None
    }

    /// What a frame that is no message has to be answered with.
    fn answer(&self, _frame: &[u8]) -> Option<&'static str> {
        None
    }
}

/// Plaza's protocol, and the FastAPI server's, which is a part of it.
pub(crate) struct Plaza;
/// Plaza's protocol.
pub(crate) const PLAZA: &dyn Dialect = &Plaza;

#[async_trait]
impl Dialect for Plaza {
    fn path(&self, seat: &Seat) -> String {
        format!("/api/v1/ws/{}", seat.room_id)
    }

    async fn enter(&self, socket: &mut Socket, _: &Seat) -> Result<(), Failure> {
        socket.wait_for(r#""type":"synced""#).await
    }

    fn post(&self, _: &Seat, text: &str) -> String {
        format!(r#"{{"type":"message","content":"{text}"}}"#)
    }

    fn heartbeat(&self) -> Option<&'static str> {
        Some(r#"{"type":"heartbeat"}"#)
    }
}

/// nchan's: everything that is said in a room comes back as it is.
pub(crate) struct Nchan;
/// nchan's protocol, which is none.
pub(crate) const NCHAN: &dyn Dialect = &Nchan;

#[async_trait]
impl Dialect for Nchan {
    fn path(&self, seat: &Seat) -> String {
        format!("/ws/{}", seat.room_id)
    }

    async fn enter(&self, _: &mut Socket, _: &Seat) -> Result<(), Failure> {
        Ok(())
    }

    fn post(&self, _: &Seat, text: &str) -> String {
        format!(r#"{{"type":"message","content":"{text}"}}"#)
    }
}

/// Engine.IO 4 and Socket.IO 5.
pub(crate) struct SocketIo;
/// Socket.IO's protocol.
pub(crate) const SOCKET_IO: &dyn Dialect = &SocketIo;

#[async_trait]
impl Dialect for SocketIo {
    fn path(&self, _: &Seat) -> String {
        "/socket.io/?EIO=4&transport=websocket".to_owned()
    }

    async fn enter(&self, socket: &mut Socket, seat: &Seat) -> Result<(), Failure> {
        socket.wait_for("0{").await?;
        socket.say(&format!("40{}", json!({ "token": seat.token })))?;
        socket.flush().await?;
        socket.wait_for("40{").await?;
        socket.say(&format!("420{}", json!(["join", seat.room_id])))?;
        socket.flush().await?;
        socket.wait_for(r#"430["synced"]"#).await
    }

    fn post(&self, seat: &Seat, text: &str) -> String {
        format!(r#"42["message",{{"room_id":"{}","content":"{text}"}}]"#, seat.room_id)
    }

    fn answer(&self, frame: &[u8]) -> Option<&'static str> {
        (frame == b"2").then_some("3")
    }
}
