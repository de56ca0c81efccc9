//! The event bus.

use std::sync::Arc;

use plaza_application::{
    events::{Event, Signal},
    in_process::LocalBus,
    ports::{Delivery, EventBus, EventStream},
};
use plaza_domain::{RoomId, Seq, UserId};
use plaza_tests::servers::{redis_prefix, redis_url};
use uuid::Uuid;

use super::{Outcome, in_time, redis};

/// Two instances, and what each receives; in one process they are the same.
pub(crate) struct Buses {
    pub(super) here: Arc<dyn EventBus>,
    pub(super) near: EventStream,
    pub(super) far: EventStream,
    pub(super) running: Option<redis::Running>,
}

impl Buses {
    pub(super) fn new(here: Arc<dyn EventBus>, there: Arc<dyn EventBus>) -> Self {
        Self { near: here.subscribe(), far: there.subscribe(), here, running: None }
    }
}

pub(crate) async fn in_process() -> Outcome<Buses> {
    let bus = Arc::new(LocalBus::new());
    Ok(Buses::new(bus.clone(), bus))
}

pub(crate) async fn on_redis() -> Outcome<Buses> {
    redis::buses(&redis_url().await, &redis_prefix()).await
}

/// An event that can be told from others by its number.
pub(super) fn event(number: i64) -> Event {
    Event::Signal(Signal::Read {
        room_id: RoomId::new(Uuid::from_u128(1)),
        user_id: UserId::new(Uuid::from_u128(2)),
        seq: Seq::new(number),
        read_at: chrono::DateTime::UNIX_EPOCH,
    })
}

fn number(event: &Event) -> Option<i64> {
    match event {
        Event::Signal(Signal::Read { seq, .. }) => Some(seq.get()),
        _ => None,
    }
}

/// The next event's number. Gaps may be told at any time, and greetings may still be on their way.
pub(super) async fn next(stream: &mut EventStream) -> Outcome<i64> {
    loop {
        if let Delivery::Event(event) = in_time(stream.next()).await?.ok_or("the bus has ended")?
            && let Some(number) = number(&event)
        {
            return Ok(number);
        }
    }
}

pub(crate) async fn every_subscriber_of_every_instance_gets_an_event(mut buses: Buses) -> Outcome {
    let mut second = buses.here.subscribe();
    buses.here.publish(event(1));
    for stream in [&mut buses.near, &mut second, &mut buses.far] {
        assert_eq!(next(stream).await?, 1);
    }
    Ok(())
}

pub(crate) async fn an_instance_gets_its_own_events_once(mut buses: Buses) -> Outcome {
    buses.here.publish(event(1));
    assert_eq!(next(&mut buses.near).await?, 1);
    // When the other instance has it, it went all the way round: an echo would come before the next event.
    assert_eq!(next(&mut buses.far).await?, 1);
    buses.here.publish(event(2));
    assert_eq!(next(&mut buses.far).await?, 2);
    buses.here.publish(event(3));
    assert_eq!(next(&mut buses.near).await?, 2);
    assert_eq!(next(&mut buses.near).await?, 3);
    Ok(())
}

pub(crate) async fn events_keep_their_order(mut buses: Buses) -> Outcome {
    for expected in 0..2000 {
        buses.here.publish(event(expected));
    }
    for expected in 0..2000 {
        assert_eq!(next(&mut buses.near).await?, expected);
        assert_eq!(next(&mut buses.far).await?, expected);
    }
    Ok(())
}
