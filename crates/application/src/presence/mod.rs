//! Who is there: what this instance has of each user, told to a store that adds up what all instances have.
//!
//! A connection holds an [`Attendance`]. What it changes goes into the roster and waits there for the reporter, the one
//! task that speaks with the store: many users in one call, so that neither a storm of connections nor thousands of
//! idle ones cost a call each. While the store does not answer, an instance goes by what it knows itself.

mod attendance;
mod latest;
mod reporter;
mod roster;
mod service;
mod sightings;

pub use attendance::{Attendance, TooManyConnections};
pub use service::{MAX_FANOUT_MEMBERS, MAX_QUERIED_USERS, PresenceService, Told};
