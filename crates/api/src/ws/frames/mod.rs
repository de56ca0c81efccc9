//! The frames of PROTOCOL: what clients send, and what the server sends.

mod client;
mod error;
mod events;
mod file;
mod friend;
mod parse;
mod server;

pub(super) use client::{ClientFrame, Envelope, MessageFrame, RoomSince};
pub(super) use error::{ErrorCode, ErrorFrame};
pub(super) use events::{Encode, EventFrame, encode_for, encode_user_event};
pub(super) use file::FileFrame;
pub(super) use friend::FriendFrame;
pub(super) use parse::BadFrame;
#[cfg(test)]
pub(super) use parse::KINDS;
pub(super) use server::{Ack, Cursor, Limits, ServerFrame, UserRef};
