//! Messages: the hot path, and what can be done to a message later.

mod batch;
mod committer;
mod service;

pub use committer::Completion;
pub use service::{MessageInput, MessageService, Posted};
