//! Accounts end: their users ask for it and have a time of grace to change their minds, or operators order it, and then a
//! recurring job erases what tells of them. What they wrote stays, as from a deleted user.

mod erase;
mod order;
mod pass;
mod request;
mod rooms;

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Clock, Store};
use serde::Serialize;

pub use order::DeletionOrder;

use crate::{AuthService, Ports, mail::Postbox, ports::EventBus, proofs::Proofs};

/// How long users can change their minds.
pub const ERASURE_GRACE: TimeDelta = TimeDelta::days(14);

/// How many rooms, files, or rows of a table are asked for at a time.
const BATCH: u64 = 200;

/// What erasing accounts did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Accounts of which nothing is left to erase.
    pub accounts: u64,
    /// Rooms that they are no more in, or that are gone with them.
    pub rooms: u64,
    /// Uploads that nothing showed.
    pub files: u64,
    /// Rows that were about them alone.
    pub rows: u64,
    /// Accounts that a later run goes on with.
    pub unfinished: u64,
}

/// Ends accounts.
pub struct ErasureService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
    proofs: Arc<Proofs>,
    auth: Arc<AuthService>,
    postbox: Postbox,
}

impl ErasureService {
    pub(crate) fn new(ports: &Ports, proofs: Arc<Proofs>, auth: Arc<AuthService>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            bus: Arc::clone(&ports.bus),
            proofs,
            auth,
            postbox: Postbox::new(ports),
        }
    }
}
