//! Rooms and who is in them.

mod membership;
mod service;
mod transaction;

pub use membership::MembershipService;
pub use service::{NewRoom, RoomService, RoomUpdate};
