//! Plaza's REST and WebSocket server.

pub mod routes;
pub mod ws;

mod time;

pub use time::UtcTime;
