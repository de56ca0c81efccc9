//! What the services promise, against ports in memory and, where a failure must be injected, mocks.

mod accounts;
mod auth;
mod blocks;
mod changes;
mod committer;
mod direct;
mod edits;
mod faults;
mod files;
mod limits;
mod memberships;
mod mentions;
mod messages;
mod overviews;
mod pins;
mod policy;
mod presence;
mod reactions;
mod reads;
mod receipts;
mod rooms;
mod signed_urls;
mod threads;
mod tickets;
mod users;
mod world;
