//! Values of headers.

use std::time::Duration;

/// Rounded up: a client that waits so long is not refused again.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
