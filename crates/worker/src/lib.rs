//! Plaza's background worker: it runs tasks from the database, woken up by a queue. [`Worker`] is what a binary
//! starts; [`TaskHandler`] is what a new command implements.

mod attempt;
mod effect;
mod embed;
mod handler;
mod handlers;
mod heartbeat;
mod jobs;
mod maintenance;
mod media;
mod metrics;
mod pulse;
mod runner;
mod settings;
#[cfg(test)]
mod testing;

pub use attempt::Attempt;
pub use effect::{Answer, Applied, Effect, NoEffect};
pub use embed::{media_in_children, start, vitals};
pub use handler::{Registry, TaskError, TaskHandler};
pub use media::{MediaChild, MediaSettings, media_child};
pub use pulse::Pulse;
pub use runner::Worker;
pub use settings::{QueueSettings, WorkerSettings};

pub(crate) use handlers::Handlers;
