//! Rooms and who is in them.

mod kinds;
mod membership;
mod mute;
mod overview;
mod seen;
mod service;
mod transaction;

pub(crate) use kinds::RoomKinds;
pub use membership::MembershipService;
pub use overview::{OverviewService, RoomSight};
pub(crate) use seen::seen_by;
pub use service::{NewRoom, RoomService, RoomUpdate};
