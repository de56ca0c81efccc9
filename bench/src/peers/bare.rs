//! What there is to reach: a loop that sends on what it gets, on the same libraries as Plaza, and does nothing else.
//!
//! No accounts, no storage, no parsing; frames as long as Plaza's. The share of its figure that Plaza reaches is what
//! everything else costs.

use std::{collections::HashMap, sync::Arc};

use futures::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{RwLock, mpsc},
    task::JoinSet,
};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        handshake::server::{Request, Response},
        protocol::WebSocketConfig,
    },
};

use super::{Ground, Peer};
use crate::{
    Failure,
    machine::{process::Launch, wait::local},
    wire::{Dialect, PLAZA},
};

/// As many frames wait for a connection; a room is never further ahead of it than what its senders have under way.
const WAITING: usize = 4_096;
/// So much is around a message in Plaza's frames, in bytes: names, ids, times, and the text once more as HTML.
const AROUND: usize = 724;

type Rooms = Arc<RwLock<HashMap<String, Vec<mpsc::Sender<Utf8Bytes>>>>>;

/// The loop as a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare;

impl Peer for Bare {
    fn name(&self) -> &'static str {
        "bare"
    }

    fn title(&self) -> &'static str {
        "a bare broadcast loop (tokio, tungstenite), nothing stored"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        PLAZA
    }

    fn instances(&self) -> usize {
        1
    }

    fn needs_stores(&self) -> bool {
        false
    }

    fn has_accounts(&self) -> bool {
        false
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let launch = Launch::new(std::env::current_exe()?, &ground.folder);
        Ok(launch.arguments(["bare".to_owned(), port.to_string()]))
    }
}

/// Runs the loop until the process is killed.
pub(crate) async fn serve(port: u16) -> Result<(), Failure> {
    let listener = TcpListener::bind(local(port)).await?;
    let rooms = Rooms::default();
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let rooms = Arc::clone(&rooms);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            // A client that goes away is no concern of the others.
            converse(stream, rooms).await.ok();
        });
    }
}

async fn converse(mut stream: TcpStream, rooms: Rooms) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut begin = [0; 11];
    stream.peek(&mut begin).await?;
    if &begin == b"GET /readyz" {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        return Ok(());
    }
    let mut room = String::new();
    #[expect(clippy::result_large_err, reason = "tungstenite's callback is so")]
    let note_room = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut room);
        Ok(response)
    };
    let config = WebSocketConfig::default().read_buffer_size(2_048).write_buffer_size(4_096);
    let socket = accept_hdr_async_with_config(stream, note_room, Some(config)).await?;
    let (mut sink, mut source) = socket.split();
    sink.send(Message::text(r#"{"type":"synced"}"#)).await?;
    let (outbox, mut waiting) = mpsc::channel(WAITING);
    rooms.write().await.entry(room.clone()).or_default().push(outbox);
    let mut sending = JoinSet::new();
    sending.spawn(async move {
        let mut frames = Vec::new();
        while waiting.recv_many(&mut frames, WAITING).await > 0 {
            for frame in frames.drain(..) {
                sink.feed(Message::Text(frame)).await?;
            }
            sink.flush().await?;
        }
        Ok::<_, Failure>(())
    });
    let around = " ".repeat(AROUND);
    while let Some(message) = source.next().await {
        if let Message::Text(text) = message? {
            let frame = Utf8Bytes::from(format!("{text}{around}"));
            for member in rooms.read().await.get(&room).into_iter().flatten() {
                // A member that is gone has no ears any more.
                member.send(frame.clone()).await.ok();
            }
        }
    }
    Ok(())
}
