//! Does a deployment keep what it promises? Many clients talk over WebSockets that break, and in the end everybody
//! must hold what is stored, each thing once and in one order.
//!
//! [`run()`] does it with any deployment; [`run_with_faults`] starts one and breaks its servers meanwhile.

mod client;
mod disruption;
mod evidence;
mod faults;
mod frame;
mod mirror;
mod record;
mod run;
mod settings;
mod shared;
mod snapshot;
mod stage;
mod verdict;
mod work;

pub use faults::run_with_faults;
pub use frame::{Frame, Frames};
pub use mirror::{Irregular, Mirror, RoomState};
pub use run::run;
pub use settings::Settings;
pub use snapshot::{call, read_room};
pub use verdict::Verdict;
