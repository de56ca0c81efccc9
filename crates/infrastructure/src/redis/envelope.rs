//! What is sent through the bus's channel.

use std::sync::Arc;

use plaza_application::events::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One message of the channel.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    /// The instance that sent it, which has delivered it to itself already.
    pub(super) origin: Uuid,
    /// What happened; nothing when events of that instance were lost.
    pub(super) event: Option<Arc<Event>>,
}
