//! Lists as JSON, sent on a part at a time.

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::{Outcome, retry};
use crate::{TaskError, handlers::export::archive::Part};

/// How many bytes are sent on at a time.
const CHUNK: usize = 64 * 1024;

/// Writes lists, each a file of the archive.
pub(super) struct Lists {
    parts: Sender<Part>,
    buffer: Vec<u8>,
    is_first: bool,
}

impl Lists {
    pub(super) fn new(parts: Sender<Part>) -> Self {
        Self { parts, buffer: Vec::with_capacity(CHUNK), is_first: true }
    }

    /// Begins a list.
    pub(super) async fn begin(&mut self, name: &str) -> Outcome {
        self.is_first = true;
        self.buffer.push(b'[');
        self.send(Part::File { name: name.to_owned(), is_packed: false }).await
    }

    pub(super) async fn item(&mut self, item: &Value) -> Outcome {
        self.buffer.extend_from_slice(if self.is_first { b"\n" } else { b",\n" });
        self.is_first = false;
        serde_json::to_writer(&mut self.buffer, item).map_err(retry)?;
        if self.buffer.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// Ends a list.
    pub(super) async fn end(&mut self) -> Outcome {
        self.buffer.extend_from_slice(b"\n]\n");
        self.flush().await
    }

    async fn flush(&mut self) -> Outcome {
        let bytes = Bytes::copy_from_slice(&self.buffer);
        self.buffer.clear();
        self.send(Part::Bytes(bytes)).await
    }

    pub(super) async fn send(&mut self, part: Part) -> Outcome {
        self.parts.send(part).await.map_err(|_| TaskError::Retry("the archive could not be packed".into()))
    }
}
