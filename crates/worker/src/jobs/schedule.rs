//! When a job is due, by its cron expression in UTC.

use croner::{Cron, errors::CronError};
use plaza_application::Job;
use plaza_domain::Timestamp;
use thiserror::Error;

/// The schedule of a job is not one.
#[derive(Debug, Error)]
#[error("the schedule is never due")]
pub(super) struct NeverDue(#[from] CronError);

/// The first time after `now`: runs that were missed are not made up for one by one.
pub(super) fn next_after(job: &Job, now: Timestamp) -> Result<Timestamp, NeverDue> {
    Ok(job.schedule.parse::<Cron>()?.find_next_occurrence(&now, false)?)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, ParseError, TimeDelta};
    use plaza_application::{JOBS, commands::Command};

    use super::*;

    fn at(text: &str) -> Result<Timestamp, ParseError> {
        Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
    }

    #[test]
    fn a_job_is_due_by_the_clock_of_utc() -> Result<(), Box<dyn std::error::Error>> {
        let job = Job { name: "nightly", schedule: "17 3 * * *", command: Command::PurgeTokens };
        for (now, next) in [
            ("2026-03-01T00:00:00Z", "2026-03-01T03:17:00Z"),
            ("2026-03-01T03:17:00Z", "2026-03-02T03:17:00Z"),
            ("2026-12-31T23:59:59.5Z", "2027-01-01T03:17:00Z"),
        ] {
            assert_eq!(next_after(&job, at(now)?)?, at(next)?, "after {now}");
        }
        Ok(())
    }

    #[test]
    fn every_job_is_due_within_a_month_and_has_a_name_of_its_own() -> Result<(), Box<dyn std::error::Error>> {
        let now = at("2026-01-01T00:00:00Z")?;
        for job in &JOBS {
            assert!(next_after(job, now)? <= now + TimeDelta::days(31), "{}", job.name);
        }
        assert!(JOBS.iter().map(|job| job.name).is_sorted_by(|a, b| a < b));
        Ok(())
    }
}
