//! Rooms and who is in them.

mod kinds;
mod membership;
mod service;
mod transaction;

pub(crate) use kinds::RoomKinds;
pub use membership::MembershipService;
pub use service::{NewRoom, RoomService, RoomUpdate};
