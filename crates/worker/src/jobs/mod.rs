//! Makes the tasks of recurring jobs when they are due. Every worker does it, none leads: of those that find a job due,
//! one gets to make its task.

mod schedule;

use std::{sync::Arc, time::Duration};

use plaza_application::{JOBS, Job, JobService, Result};
use plaza_domain::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::schedule::{NeverDue, next_after};
use crate::runner::{Context, spread};

/// How often it is looked which jobs are due, on average a little more: they are planned by the minute.
const INTERVAL: Duration = Duration::from_secs(20);

/// Makes tasks of jobs that are due, until `shutdown` is cancelled.
pub(crate) async fn run(context: Arc<Context>, shutdown: CancellationToken) {
    let jobs = JobService::new(&context.ports);
    let mut is_known = false;
    loop {
        if let Err(error) = round(&context, &jobs, &mut is_known).await {
            tracing::warn!(error = ?error, "recurring jobs could not be looked after; the next round tries again");
        }
        // Spread out, so that several workers do not do the same at the same time.
        if shutdown.run_until_cancelled(sleep(spread(INTERVAL))).await.is_none() {
            return;
        }
    }
}

/// A worker that begins plans what is new, brings forward what was planned by an older schedule, and forgets jobs that
/// this version does not know. What was missed while none ran is due still.
async fn round(context: &Context, jobs: &JobService, is_known: &mut bool) -> Result<()> {
    if !*is_known {
        jobs.know(&planned(context.ports.clock.now())).await?;
        *is_known = true;
    }
    for (job, due) in jobs.due().await? {
        match next_after(job, context.ports.clock.now()) {
            Ok(next) => {
                jobs.run_due(job, due, next).await?;
            }
            Err(error) => complain(job, &error),
        }
    }
    Ok(())
}

fn planned(now: Timestamp) -> Vec<(&'static Job, Timestamp)> {
    let next = |job| match next_after(job, now) {
        Ok(next) => Some((job, next)),
        Err(error) => {
            complain(job, &error);
            None
        }
    };
    JOBS.iter().filter_map(next).collect()
}

fn complain(job: &Job, error: &NeverDue) {
    tracing::error!(job.name, error = ?error, "a recurring job is never due");
}

#[cfg(test)]
mod tests;
