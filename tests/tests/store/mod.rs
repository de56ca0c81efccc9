//! The behaviours, by subject; each takes an empty store.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod blobs;
pub(crate) mod blocks;
pub(crate) mod builders;
mod busy;
pub(crate) mod contents;
pub(crate) mod direct_rooms;
pub(crate) mod edits;
pub(crate) mod erasures;
mod faults;
pub(crate) mod files;
pub(crate) mod fixture;
pub(crate) mod friendships;
mod hot;
pub(crate) mod identities;
pub(crate) mod invitations;
pub(crate) mod jobs;
pub(crate) mod mail_tokens;
pub(crate) mod members;
pub(crate) mod mentions;
pub(crate) mod messages;
mod migrations;
mod objects;
pub(crate) mod overviews;
pub(crate) mod pins;
mod plans;
pub(crate) mod presence;
pub(crate) mod reactions;
pub(crate) mod receipts;
pub(crate) mod rooms;
pub(crate) mod second_factors;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod signing_keys;
pub(crate) mod suspects;
pub(crate) mod task_lists;
pub(crate) mod task_orders;
pub(crate) mod tasks;
pub(crate) mod threads;
pub(crate) mod transactions;
pub(crate) mod usage;
pub(crate) mod username_changes;
pub(crate) mod workers;

/// A behaviour fails by an assertion or by an error that it did not expect.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;
