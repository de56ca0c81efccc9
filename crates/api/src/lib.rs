//! Plaza's REST and WebSocket server.

pub mod routes;

mod time;

pub use time::UtcTime;
