//! End-to-end tests: the real binaries, spoken to over HTTP and WebSocket, embedded and distributed.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod accounts;
mod attacks;
mod avatars;
mod away;
mod bad_input;
mod blocks;
mod changes;
mod database;
mod direct;
mod documents;
mod files;
mod limits;
mod live;
mod members;
mod mentions;
mod messages;
mod overviews;
mod pictures;
mod pins;
mod presence;
mod reactions;
mod receipts;
mod resume;
mod revocation;
mod rooms;
mod server;
mod sessions;
mod shutdown;
mod sockets;
mod storage;
mod task_orders;
mod tasks;
mod threads;
mod tokens;
mod uploads;
