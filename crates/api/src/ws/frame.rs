//! A WebSocket frame of the server's, as everybody who receives it gets it.

use std::sync::Arc;

use serde::Serialize;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame,
    frame::coding::{Control, Data, OpCode},
};

/// The longest head of a frame without a mask (RFC 6455, section 5.2).
const MAX_HEAD: usize = 10;
/// Says that the frame is a whole message.
const FINAL: u8 = 0x80;
/// How long a frame usually is, at most.
const USUAL_BYTES: usize = 1024;
/// What is told in place of what cannot be told.
const INTERNAL: &[u8] =
    br#"{"type":"error","code":"internal","reason":"something went wrong inside the server"}"#;

/// An encoded frame with its head, which is the same for every receiver: nothing is masked, and nothing compressed.
/// Cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    bytes: Arc<[u8]>,
    is_droppable: bool,
}

impl Frame {
    /// A frame that must arrive, or the connection ends.
    pub(super) fn essential<T: Serialize>(value: &T) -> Self {
        Self { bytes: encode_json(value), is_droppable: false }
    }

    /// A frame that may be lost when the connection cannot keep up.
    pub(super) fn droppable<T: Serialize>(value: &T) -> Self {
        Self { bytes: encode_json(value), is_droppable: true }
    }

    /// The answer to a ping.
    pub(super) fn pong(payload: &[u8]) -> Self {
        let bytes = encode(OpCode::Control(Control::Pong), |bytes| bytes.extend_from_slice(payload));
        Self { bytes, is_droppable: false }
    }

    /// The end, and why.
    pub(super) fn close(reason: Option<&CloseFrame>) -> Self {
        let bytes = encode(OpCode::Control(Control::Close), |bytes| {
            if let Some(CloseFrame { code, reason }) = reason {
                bytes.extend_from_slice(&u16::from(*code).to_be_bytes());
                bytes.extend_from_slice(reason.as_bytes());
            }
        });
        Self { bytes, is_droppable: false }
    }

    /// What goes over the wire.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_droppable(&self) -> bool {
        self.is_droppable
    }
}

fn encode_json<T: Serialize>(value: &T) -> Arc<[u8]> {
    encode(OpCode::Data(Data::Text), |bytes| {
        let start = bytes.len();
        // What is told is made of strings, numbers and lists, which always have a JSON form.
        if let Err(error) = serde_json::to_writer(&mut *bytes, value) {
            tracing::error!(error = ?error, "a frame has no JSON form");
            bytes.truncate(start);
            bytes.extend_from_slice(INTERNAL);
        }
    })
}

/// A frame of what `fill` appends.
fn encode(opcode: OpCode, fill: impl FnOnce(&mut Vec<u8>)) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.resize(MAX_HEAD, 0);
    fill(&mut bytes);
    let length = bytes.len() - MAX_HEAD;
    let long = u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes();
    let (mark, extended) = match length {
        0..=125 => (long[7], &[][..]),
        126..=0xFFFF => (126, &long[6..]),
        _ => (127, &long[..]),
    };
    let start = MAX_HEAD - 2 - extended.len();
    bytes[start] = FINAL | u8::from(opcode);
    bytes[start + 1] = mark;
    bytes[start + 2..MAX_HEAD].copy_from_slice(extended);
    Arc::from(&bytes[start..])
}

#[cfg(test)]
impl Frame {
    /// The text inside.
    pub(super) fn text(&self) -> &str {
        let head = match self.bytes[1] {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        std::str::from_utf8(&self.bytes[head..]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_the_length_of_what_follows() {
        for (length, head) in [
            (0, &[0x81, 2][..]),
            (123, &[0x81, 125]),
            (124, &[0x81, 126, 0, 126]),
            (65_533, &[0x81, 126, 0xFF, 0xFF]),
            (65_534, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = Frame::essential(&"x".repeat(length));
            assert!(frame.bytes().starts_with(head), "{length}");
            assert_eq!(frame.bytes().len(), head.len() + length + 2);
        }
    }

    #[test]
    fn what_has_no_json_form_is_told_as_an_error() {
        let frame = Frame::essential(&std::collections::HashMap::from([((1, 2), 3)]));
        assert_eq!(frame.text().as_bytes(), INTERNAL);
    }
}
