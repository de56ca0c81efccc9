//! Panics of handlers, as errors: a worker outlives the tasks it runs.

use std::{any::Any, panic::AssertUnwindSafe};

use futures::FutureExt;
use thiserror::Error;

/// A handler panicked.
#[derive(Debug, Error)]
#[error("panicked: {message}")]
pub(crate) struct Panicked {
    message: String,
}

/// Runs code of a handler. What it has touched when it panics is dropped with it, or belongs to a transaction that is
/// rolled back.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|panic| Panicked { message: message_of(panic.as_ref()) })
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
