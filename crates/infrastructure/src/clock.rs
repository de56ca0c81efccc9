//! The machine's clock and random source: the only place that reads them for times and ids.

use chrono::{SubsecRound, Utc};
use plaza_domain::{Clock, IdGenerator, Timestamp};
use uuid::Uuid;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that all others get the time from")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// UUIDs of version 7 (RFC 9562).
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidV7Generator;

impl IdGenerator for UuidV7Generator {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that all others get ids from")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use chrono::Timelike;

    use super::*;

    #[test]
    fn time_has_microseconds_and_no_more() {
        for _ in 0..100 {
            assert_eq!(SystemClock.now().nanosecond() % 1000, 0);
        }
    }

    #[test]
    fn ids_are_sorted_by_the_time_they_were_made() {
        let ids: Vec<Uuid> = (0..1000).map(|_| UuidV7Generator.next()).collect();
        assert!(ids.is_sorted());
    }
}
