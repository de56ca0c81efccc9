//! What several instances share through Redis. None of it is the truth: losing it costs latency, and no data.

mod bus;
mod guesses;
mod listener;
mod one_time;
mod parcel;
mod pool;
mod presence;
mod publisher;
mod queue;
mod rate_limiter;
mod together;

pub use bus::RedisBus;
pub use guesses::RedisGuessLimiter;
pub use one_time::RedisOneTimeStore;
pub use pool::{RedisError, RedisPool};
pub use presence::RedisPresence;
pub use queue::RedisQueue;
pub use rate_limiter::RedisRateLimiter;
