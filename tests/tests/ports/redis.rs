//! Adapters on Redis, as the contracts and the fault tests use them.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    events::{Event, Signal},
    in_process::{LocalGuessLimiter, LocalRateLimiter},
    ports::{Delivery, EventBus, EventStream},
};
use plaza_domain::{RoomId, UserId};
use plaza_infrastructure::{
    clock::SystemClock,
    redis::{RedisBus, RedisGuessLimiter, RedisPool, RedisPresence, RedisRateLimiter},
};
use plaza_tests::servers::{redis_prefix, redis_url};
use tokio::time::timeout;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

use super::{DEADLINE, Outcome, bus::Buses, in_time};

/// Connections to the shared Redis, with a prefix of their own.
pub(super) async fn pool() -> Outcome<RedisPool> {
    Ok(RedisPool::new(&redis_url().await, &redis_prefix())?)
}

pub(super) fn guesses(pool: RedisPool, patience: Duration) -> Arc<RedisGuessLimiter> {
    RedisGuessLimiter::new(pool, LocalGuessLimiter::new(Arc::new(SystemClock)), patience)
}

pub(super) fn limiter(pool: RedisPool, patience: Duration) -> Arc<RedisRateLimiter> {
    RedisRateLimiter::new(pool, LocalRateLimiter::new(Arc::new(SystemClock)), patience)
}

/// Presence as an instance keeps it that outlives every test.
pub(super) fn presence(pool: RedisPool, instance: u128, patience: Duration) -> RedisPresence {
    RedisPresence::new(pool, Uuid::from_u128(instance), Duration::from_secs(60 * 60), patience)
}

/// Presence as an instance keeps it that is taken for dead after `ttl`.
pub(super) fn mortal(pool: RedisPool, instance: u128, ttl: Duration) -> RedisPresence {
    RedisPresence::new(pool, Uuid::from_u128(instance), ttl, DEADLINE)
}

/// Ends the tasks of a bus when it is dropped.
#[expect(dead_code, reason = "held to be dropped")]
pub(super) struct Running(DropGuard);

/// A bus of a process that ends soon after it has begun.
pub(super) struct Short {
    pub(super) bus: Arc<dyn EventBus>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Short {
    pub(super) fn start(url: &str, prefix: &str) -> Outcome<Self> {
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let bus = RedisBus::start(url, prefix, Uuid::from_u128(3), &tracker, &shutdown)?;
        Ok(Self { bus, tracker, shutdown })
    }

    /// Ends it, and waits until it has.
    pub(super) async fn end(self) {
        self.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Two instances on one Redis, once each hears the other.
pub(super) async fn buses(url: &str, prefix: &str) -> Outcome<Buses> {
    let shutdown = CancellationToken::new();
    let start =
        |instance| RedisBus::start(url, prefix, Uuid::from_u128(instance), &TaskTracker::new(), &shutdown);
    let (here, there) = (start(1)?, start(2)?);
    let mut buses = Buses::new(here.clone(), there.clone());
    in_time(introduce(&here, 1, &mut buses.far)).await?;
    in_time(introduce(&there, 2, &mut buses.near)).await?;
    buses.running = Some(Running(shutdown.drop_guard()));
    Ok(buses)
}

/// Greets until the other hears it.
async fn introduce(from: &RedisBus, number: u128, to: &mut EventStream) {
    let (room_id, user_id) = (RoomId::new(Uuid::nil()), UserId::new(Uuid::from_u128(number)));
    let greeting = Event::Signal(Signal::Typing { room_id, user_id, active: true });
    loop {
        from.publish(greeting.clone());
        if timeout(Duration::from_millis(100), hear(&greeting, to)).await.is_ok() {
            break;
        }
    }
}

async fn hear(expected: &Event, stream: &mut EventStream) {
    loop {
        match stream.next().await {
            Some(Delivery::Event(event)) if *event == *expected => break,
            _ => {}
        }
    }
}
