//! Background work, as its owners and who runs the server see it: what became of it, calling it off, another chance.
//! How it is done is the worker's.

mod file_state;
mod inspect;
mod orders;
mod purge;

use std::sync::Arc;

use plaza_domain::{Clock, Store};

pub use file_state::fail_file;
pub use inspect::{QueueReport, QueueReports, TaskDetails};
pub use orders::Replayed;

use crate::{
    Ports,
    ports::{EventBus, TaskQueue},
};

/// Background work.
pub struct TaskService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn TaskQueue>,
    bus: Arc<dyn EventBus>,
}

impl TaskService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            queue: Arc::clone(&ports.queue),
            bus: Arc::clone(&ports.bus),
        }
    }
}
