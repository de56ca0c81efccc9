//! Direct rooms: what two users say to each other, and to nobody else.

mod gate;
mod service;

pub(crate) use gate::{hide_cursor_of_other, is_closed, require_open};
pub use service::{DirectService, OpenedRoom};
