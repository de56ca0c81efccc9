//! The store on SQLite and Postgres, through SeaORM.
//!
//! [`connect`] opens it and [`migrate()`] brings its schema up to date. One private type, `Session`, implements
//! every repository, one file each; the statements whose speed matters are built in [`queries`], where a test can
//! ask the databases how they would run them.

mod audit;
mod blobs;
mod blocks;
mod clock;
mod connect;
mod direct_rooms;
mod edits;
mod entity;
mod erasures;
mod error;
mod exports;
mod files;
mod finish;
mod friendships;
mod identities;
mod invitations;
mod jobs;
mod mail_tokens;
mod members;
mod mentions;
mod messages;
mod migrate;
mod overviews;
mod pins;
mod presence;
pub mod queries;
mod queue_survey;
mod reactions;
mod receipts;
mod rooms;
mod second_factors;
mod session;
mod sessions;
mod settings;
mod signing_keys;
mod store;
mod tasks;
mod threads;
mod usage;
mod username_changes;
mod users;
mod workers;

pub use connect::{ConnectError, DatabaseSettings, connect};
pub use migrate::migrate;
pub use store::SeaOrmStore;
