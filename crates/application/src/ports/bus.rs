//! Carries events between instances. It may lose and repeat them; the truth is in the database.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use crate::events::Event;

/// What a subscriber of the bus receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Something happened.
    Event(Arc<Event>),
    /// Events may have been lost: compare with the database.
    Gap,
}

/// Carries events between instances.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait EventBus: Send + Sync {
    /// Hands an event to every subscriber, of this instance at once and of the others as soon as may be. Never waits
    /// and never fails: what cannot be carried is lost, and subscribers are told with [`Delivery::Gap`] where possible.
    fn publish(&self, event: Event);

    /// Everything that is published from now on.
    fn subscribe(&self) -> EventStream;
}

/// A subscription to the bus, with a bounded buffer; a subscriber that falls behind it gets a [`Delivery::Gap`].
#[derive(Debug)]
pub struct EventStream {
    receiver: broadcast::Receiver<Delivery>,
}

impl EventStream {
    /// Wraps the receiving end of a channel.
    pub fn new(receiver: broadcast::Receiver<Delivery>) -> Self {
        Self { receiver }
    }

    /// The next delivery; `None` when the bus has ended. Cancel safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        match self.receiver.recv().await {
            Ok(delivery) => Some(delivery),
            Err(RecvError::Lagged(_)) => Some(Delivery::Gap),
            Err(RecvError::Closed) => None,
        }
    }
}
