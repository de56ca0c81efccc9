//! The database's own clock, as expressions. Tasks are timed by it, so that workers on machines whose clocks differ
//! agree on who holds a lease.
//!
//! Postgres compares `timestamptz`, in microseconds. SQLite compares text: times are stored as RFC 3339 in UTC with as
//! many fractional digits as they need (0, 3 or 6), and in that form the order of the text is the order of the times,
//! because `+` sorts before `.` and before digits. SQLite's clock ticks in milliseconds.

use chrono::TimeDelta;
use sea_orm::DbBackend;
use sea_orm::sea_query::Expr;

/// Now, as it was when the statement began.
pub(crate) fn now(backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres {
        return Expr::cust("statement_timestamp()");
    }
    Expr::cust("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
}

/// That long after now; before, when it is negative.
pub(crate) fn after(backend: DbBackend, delta: TimeDelta) -> Expr {
    let seconds = delta.as_seconds_f64();
    if backend == DbBackend::Postgres {
        return Expr::cust_with_values("statement_timestamp() + make_interval(secs => $1)", [seconds]);
    }
    let modifier = format!("{seconds:+.6} seconds");
    Expr::cust_with_values("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', ?)", [modifier])
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat, Utc};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stored_text_sorts_as_the_times_do(a in 0_i64..4_000_000_000_000_000, b in 0_i64..4_000_000_000_000_000) {
            let (Some(a), Some(b)) = (DateTime::from_timestamp_micros(a), DateTime::from_timestamp_micros(b)) else {
                return Err(TestCaseError::reject("no such time"));
            };
            prop_assert_eq!(stored(a).cmp(&stored(b)), a.cmp(&b));
        }
    }

    fn stored(time: DateTime<Utc>) -> String {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
    }
}
