//! Recurring jobs: they are planned by whoever works, and started by hand.

use std::time::Duration;

use plaza_tests::{Plaza, Setup, backstage::Backstage, both_setups, client::User, servers::until};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

both_setups!(
    jobs_are_planned_once_a_worker_runs,
    a_job_that_is_due_is_done,
    a_job_is_started_by_hand,
    only_admins_see_and_start_jobs,
);

/// Waits until an admin sees a job as wanted.
async fn until_job(admin: &User, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(PATIENCE, || async {
        let jobs = admin.api.get("/admin/jobs").await.expect(200);
        let job = jobs["items"].as_array().and_then(|jobs| jobs.iter().find(|job| job["name"] == name));
        let job = job.cloned().unwrap_or_default();
        if wanted(&job) { Ok(job) } else { Err(job) }
    })
    .await
    .unwrap_or_else(|job| panic!("{name} should be as wanted: {job}"))
}

async fn jobs_are_planned_once_a_worker_runs(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    for (name, schedule) in [
        ("erase_accounts", "47 * * * *"),
        ("lift_bans", "*/10 * * * *"),
        ("purge_presence", "*/10 * * * *"),
        ("purge_tasks", "37 * * * *"),
        ("purge_tokens", "17 3 * * *"),
        ("sweep_blobs", "7 * * * *"),
        ("sweep_uploads", "22 * * * *"),
    ] {
        let job = until_job(&root.at(plaza.b()), name, |job| job["next_run_at"].is_string()).await;
        assert_eq!(job["schedule"], schedule);
    }
}

async fn a_job_that_is_due_is_done(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    until_job(&root, "purge_tokens", |job| job["next_run_at"].is_string()).await;
    let backstage = Backstage::open(&plaza).await;
    backstage.make_due("purge_tokens").await;
    backstage.close().await;
    let job = until_job(&root, "purge_tokens", |job| job["last_task_state"] == "succeeded").await;
    assert!(job["next_run_at"].as_str() > job["last_run_at"].as_str(), "{job}");
}

async fn a_job_is_started_by_hand(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let planned = until_job(&root, "purge_tasks", |job| job["next_run_at"].is_string()).await;
    let started = root.api.post_empty("/admin/jobs/purge_tasks/run").await;
    let task = started.expect(202);
    let path = started.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!((&task["kind"], &task["queue"]), (&"purge_tasks".into(), &"default".into()));
    let done =
        until_job(&root.at(plaza.b()), "purge_tasks", |job| job["last_task_state"] == "succeeded").await;
    assert_eq!((&done["last_task_id"], &done["next_run_at"]), (&task["id"], &planned["next_run_at"]));
    let details = root.api.get(&path).await.expect(200);
    assert_eq!(details["task"]["result"], serde_json::json!({"removed": 0}), "{details}");
    root.api.post_empty("/admin/jobs/brew_coffee/run").await.expect_problem(404);
}

async fn only_admins_see_and_start_jobs(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    for path in ["/admin/jobs", "/admin/workers"] {
        ada.api.get(path).await.expect_problem(403);
    }
    for name in ["purge_tasks", "brew_coffee"] {
        ada.api.post_empty(&format!("/admin/jobs/{name}/run")).await.expect_problem(403);
    }
}
