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
    use std::cmp::Ordering;

    use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
    use proptest::prelude::*;
    use sea_orm::{ConnectionTrait, Database, DbBackend, DbErr, sea_query::Query};

    fn time() -> impl Strategy<Value = DateTime<Utc>> {
        let micros = (
            0_i64..4_000_000_000,
            prop_oneof![Just(0), (0_i64..1_000).prop_map(|ms| ms * 1_000), 0_i64..1_000_000],
        );
        micros.prop_map(|(seconds, micros)| {
            DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds) + TimeDelta::microseconds(micros)
        })
    }

    /// As sqlx stores it.
    fn stored(time: DateTime<Utc>) -> String {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
    }

    proptest! {
        #[test]
        fn stored_text_sorts_as_the_times_do(a in time(), b in time()) {
            prop_assert_eq!(stored(a).cmp(&stored(b)), a.cmp(&b));
        }

        #[test]
        fn the_clocks_text_sorts_among_stored_ones(stored_time in time(), ms in 0_i64..4_000_000_000_000) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms);
            let clock = now.to_rfc3339_opts(SecondsFormat::Millis, false);
            let order = stored(stored_time).cmp(&clock);
            // Only for a whole second the two write the same time differently.
            prop_assert!(order == stored_time.cmp(&now) || stored_time == now && order == Ordering::Less);
        }
    }

    #[tokio::test]
    async fn sqlite_writes_the_time_as_it_is_stored() -> Result<(), DbErr> {
        let database = Database::connect("sqlite::memory:").await?;
        let query = Query::select()
            .expr_as(super::now(DbBackend::Sqlite), "now")
            .expr_as(super::after(DbBackend::Sqlite, TimeDelta::milliseconds(90_500)), "later")
            .take();
        let row = database.query_one(&query).await?.ok_or(DbErr::RecordNotFound("now".to_owned()))?;
        let (now, later): (String, String) = (row.try_get("", "now")?, row.try_get("", "later")?);
        let parse =
            |text: &str| DateTime::parse_from_rfc3339(text).map_err(|error| DbErr::Type(error.to_string()));
        assert_eq!(now.len(), "2026-01-01T00:00:00.000+00:00".len(), "{now}");
        assert_eq!(parse(&later)? - parse(&now)?, TimeDelta::milliseconds(90_500));
        Ok(())
    }
}
