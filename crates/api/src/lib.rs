//! Plaza's REST and WebSocket server.

pub mod cli;
pub mod server;

mod auth;
mod browser;
mod client;
mod content;
mod cookie;
mod cursor;
mod device;
mod error_map;
mod json;
mod middleware;
mod origin;
mod permissions;
mod problem;
mod rate_limit;
mod refresh_cookie;
mod routes;
mod schema;
mod state;
mod time;
mod ws;

pub(crate) use time::UtcTime;
