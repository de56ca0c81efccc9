//! Adapters on Redis, as the contracts and the fault tests use them.

use std::sync::Arc;

use plaza_application::{in_process::LocalRateLimiter, ports::Delivery};
use plaza_infrastructure::{
    clock::SystemClock,
    redis::{RedisBus, RedisPool, RedisRateLimiter},
};
use plaza_tests::servers::{redis_prefix, redis_url};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

use super::{Outcome, bus::Buses, in_time};

/// Connections to the shared Redis, with a prefix of their own.
pub(super) async fn pool() -> Outcome<RedisPool> {
    Ok(RedisPool::new(&redis_url().await, &redis_prefix())?)
}

pub(super) fn limiter(pool: RedisPool) -> Arc<RedisRateLimiter> {
    RedisRateLimiter::new(pool, LocalRateLimiter::new(Arc::new(SystemClock)))
}

/// Ends the tasks of a bus when it is dropped.
#[expect(dead_code, reason = "held to be dropped")]
pub(super) struct Running(DropGuard);

/// Two instances on one Redis, once both of them listen.
pub(super) async fn buses(url: &str, prefix: &str) -> Outcome<Buses> {
    let shutdown = CancellationToken::new();
    let start =
        |instance| RedisBus::start(url, prefix, Uuid::from_u128(instance), &TaskTracker::new(), &shutdown);
    let mut buses = Buses::new(start(1)?, start(2)?);
    for stream in [&mut buses.near, &mut buses.far] {
        while !matches!(in_time(stream.next()).await?, Some(Delivery::Gap)) {}
    }
    buses.running = Some(Running(shutdown.drop_guard()));
    Ok(buses)
}
