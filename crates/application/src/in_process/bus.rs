//! An event bus within this process.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::{
    events::Event,
    ports::{Delivery, EventBus, EventStream},
};

/// How many deliveries a subscriber may be behind before it is told of a gap instead.
const CAPACITY: usize = 8192;

/// Hands events to the subscribers of this process. A bus that reaches further wraps one: what comes from elsewhere
/// enters by [`LocalBus::deliver`].
#[derive(Clone, Debug)]
pub struct LocalBus {
    sender: broadcast::Sender<Delivery>,
}

impl LocalBus {
    /// A bus without subscribers.
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(CAPACITY) }
    }

    /// Hands an event to the subscribers of this process.
    pub fn deliver(&self, event: Arc<Event>) {
        self.send(Delivery::Event(event));
    }

    /// Tells the subscribers of this process that events may have been lost.
    pub fn announce_gap(&self) {
        self.send(Delivery::Gap);
    }

    fn send(&self, delivery: Delivery) {
        // Fails only when nobody listens, and then there is nobody to miss it.
        let _ = self.sender.send(delivery);
    }
}

impl Default for LocalBus {
    fn default() -> Self {
        Self::new()
    }
}

impl EventBus for LocalBus {
    fn publish(&self, event: Event) {
        self.deliver(Arc::new(event));
    }

    fn subscribe(&self) -> EventStream {
        EventStream::new(self.sender.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use plaza_domain::{RoomId, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::events::Signal;

    fn typing(active: bool) -> Event {
        Event::Signal(Signal::Typing {
            room_id: RoomId::new(Uuid::nil()),
            user_id: UserId::new(Uuid::nil()),
            active,
        })
    }

    #[tokio::test]
    async fn a_subscriber_that_falls_behind_is_told_of_a_gap() {
        let bus = LocalBus::new();
        let mut stream = bus.subscribe();
        for _ in 0..=CAPACITY {
            bus.publish(typing(true));
        }
        assert!(matches!(stream.next().await, Some(Delivery::Gap)));
        assert!(matches!(stream.next().await, Some(Delivery::Event(_))));
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_bus() {
        let bus = LocalBus::new();
        let mut stream = bus.subscribe();
        drop(bus);
        assert!(stream.next().await.is_none());
    }
}
