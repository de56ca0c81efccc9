//! Adapters that need nothing but this process: what an embedded server uses in place of Redis.

pub mod gcra;

mod bus;
mod guesses;
mod one_time;
mod presence;
mod queue;
mod rate_limiter;

pub use bus::LocalBus;
pub use guesses::LocalGuessLimiter;
pub use one_time::LocalOneTimeStore;
pub use presence::LocalPresence;
pub use queue::LocalQueue;
pub use rate_limiter::LocalRateLimiter;
