//! Recurring jobs and workers: the server's admin looks at them, and starts a job.

use super::client::{CheckingClient, TestResult};

pub(super) async fn jobs(client: &mut CheckingClient) -> TestResult {
    let jobs = client.get("GET /admin/jobs", "/admin/jobs", 200).await?;
    assert!(jobs.body["items"].as_array().is_some_and(|jobs| jobs.len() >= 3), "{}", jobs.body);
    let run = "POST /admin/jobs/{name}/run";
    let started = client.call(run, "/admin/jobs/purge_tasks/run", 202, |request| request).await?;
    assert_eq!(started.body["kind"], "purge_tasks");
    client.call(run, "/admin/jobs/brew_coffee/run", 404, |request| request).await?;
    client.get("GET /admin/workers", "/admin/workers", 200).await?;
    Ok(())
}
