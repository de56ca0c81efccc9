//! Rooms and who is in them.

mod kinds;
mod membership;
mod mute;
mod overview;
mod service;
mod transaction;

pub(crate) use kinds::RoomKinds;
pub use membership::MembershipService;
pub use overview::{OverviewService, RoomSight};
pub use service::{NewRoom, RoomService, RoomUpdate};
