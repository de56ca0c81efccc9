//! What the services promise, against ports in memory and, where a failure must be injected, mocks.

mod accounts;
mod auth;
mod changes;
mod committer;
mod faults;
mod files;
mod limits;
mod memberships;
mod messages;
mod policy;
mod reads;
mod rooms;
mod tickets;
mod users;
mod world;
