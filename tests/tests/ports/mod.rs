//! The behaviours, by port; each takes adapters that nobody else uses.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

pub(crate) mod blobs;
pub(crate) mod bus;
mod faults;
pub(crate) mod guesses;
mod instances;
pub(crate) mod one_time;
pub(crate) mod presence;
pub(crate) mod queue;
pub(crate) mod rate_limiter;
mod redis;
mod scanner;

/// A behaviour fails by an assertion or by an error that it did not expect.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What has not happened by then will not happen.
const DEADLINE: Duration = Duration::from_secs(20);

/// Fails when it takes too long.
async fn in_time<T>(work: impl Future<Output = T>) -> Outcome<T> {
    Ok(timeout(DEADLINE, work).await?)
}
