//! What the server sends, parsed once for all clients that receive the same text.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use crate::servers::Failure;

/// How many texts are remembered; then it begins anew.
const MOST_REMEMBERED: usize = 10_000;

/// A frame of the server's.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its `type`.
    pub kind: String,
    /// Its room; empty when it is about none.
    pub room_id: String,
    /// The room's version that it tells; 0 when it tells none.
    pub version: i64,
    /// The message that it carries.
    pub message: Option<Arc<Value>>,
    /// Everything else.
    pub body: Value,
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it is no JSON object with a `type`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut body: Value = serde_json::from_str(text)?;
        let kind = body["type"].as_str().ok_or_else(|| format!("a frame without a type: {text}"))?.to_owned();
        let message = body.get_mut("message").map(Value::take).filter(Value::is_object).map(Arc::new);
        Ok(Self {
            kind,
            room_id: body["room_id"].as_str().unwrap_or_default().to_owned(),
            version: body["version"].as_i64().unwrap_or_default(),
            message,
            body,
        })
    }
}

/// The frames that many clients receive alike.
#[derive(Debug, Default)]
pub struct Frames {
    known: Mutex<HashMap<String, Arc<Frame>>>,
}

impl Frames {
    /// Reads a frame, or finds it among those that were read before.
    ///
    /// # Errors
    /// When it is no JSON object with a `type`.
    pub fn read(&self, text: &str) -> Result<Arc<Frame>, Failure> {
        if let Some(frame) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(frame));
        }
        let frame = Arc::new(Frame::parse(text)?);
        if frame.message.is_some() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_REMEMBERED {
                known.clear();
            }
            known.insert(text.to_owned(), Arc::clone(&frame));
        }
        Ok(frame)
    }
}
