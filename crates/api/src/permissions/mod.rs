//! Who may do what over REST and WebSocket: every operation and frame, and what the policy answers to whom.

mod cast;
mod document;
mod needs;
mod operations;
mod resources;
#[cfg(test)]
mod rules;

pub(crate) use document::document;
