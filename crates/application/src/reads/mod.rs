//! How far members got.

mod cursors;
mod service;

pub use service::{Position, ReadService};
