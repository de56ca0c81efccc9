//! The frames of PROTOCOL: what clients send, and what the server sends.

mod client;
mod error;
mod events;
mod server;

pub(super) use client::{BadFrame, ClientFrame, Envelope, MessageFrame, RoomSince};
pub(super) use error::{ErrorCode, ErrorFrame};
pub(super) use events::{Encode, encode_for, encode_user_event};
pub(super) use server::{Ack, Cursor, Limits, ServerFrame, UserRef};
