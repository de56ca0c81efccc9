//! Real time: the WebSocket endpoints, the hub that knows who is connected, and the connections.
//!
//! [`Hub`] receives what happens from the event bus and hands each event, encoded once, to the [`Outbox`] of every
//! connection that follows the room. A connection is one task: it reads client frames and drains its outbox.

mod close;
mod connection;
mod document;
mod endpoint;
mod frame;
mod frames;
mod hub;
mod outbox;
mod socket;
mod upgrade;

pub(crate) use document::{document, page};
pub(crate) use endpoint::{WsSettings, WsState, endpoint};
pub(crate) use hub::Hub;
