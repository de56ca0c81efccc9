//! Workers: who works is listed, and each tells whether it gets around and what it measures.

use std::{collections::BTreeSet, time::Duration};

use plaza_tests::{
    Options, Plaza, Setup,
    backstage::Backstage,
    both_setups,
    client::{Api, User, http_client},
    servers::{until, wait::free_port},
};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);

both_setups!(
    a_worker_is_listed_until_it_ends,
    health_tells_how_long_ago_the_worker_got_around,
    metrics_count_tasks_and_show_the_queues,
);

/// Waits until an admin sees workers as wanted.
async fn until_workers(admin: &User, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    until(PATIENCE, || async {
        let list = admin.api.get("/admin/workers").await.expect(200);
        let workers = list["items"].as_array().cloned().unwrap_or_default();
        if wanted(&workers) { Ok(workers) } else { Err(workers) }
    })
    .await
    .unwrap_or_else(|workers| panic!("the workers should be as wanted: {workers:?}"))
}

async fn a_worker_is_listed_until_it_ends(setup: Setup) {
    let mut plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let workers = until_workers(&root, |workers| workers.len() == 1).await;
    let worker = &workers[0];
    let queues: BTreeSet<_> =
        worker["queues"].as_array().into_iter().flatten().flat_map(Value::as_str).collect();
    assert_eq!(queues, ["default", "exports", "mail", "media"].into());
    assert!(worker["slots"] == 3 && worker["pid"].as_u64() > Some(1), "{worker}");
    match setup {
        Setup::Embedded => {
            plaza.terminate(0);
            plaza.ended(0).await;
            plaza.restart(0).await;
            let others = until_workers(&root, |workers| workers.len() == 1).await;
            assert_ne!(others[0]["id"], worker["id"]);
        }
        Setup::Distributed => {
            plaza.terminate_worker(0);
            plaza.worker_ended(0).await;
            until_workers(&root, <[Value]>::is_empty).await;
        }
    }
}

/// A Plaza whose worker tells about itself on a port of its own, and where that is.
async fn monitored(setup: Setup) -> (Plaza, String) {
    let address = format!("127.0.0.1:{}", free_port().expect("a port"));
    let variable = match setup {
        Setup::Embedded => "PLAZA_METRICS__LISTEN",
        Setup::Distributed => "PLAZA_WORKER__LISTEN",
    };
    let plaza = Options::new(setup).variable(variable, &address).start().await;
    (plaza, format!("http://{address}"))
}

/// Waits until the port answers as wanted.
async fn until_told(url: &str, wanted: impl Fn(&str) -> bool) -> String {
    let http = http_client().build().expect("a client");
    until(PATIENCE, || async {
        let answer = http.get(url).send().await.map_err(|error| error.to_string())?;
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if wanted(&text) { Ok(text) } else { Err(text) }
    })
    .await
    .unwrap_or_else(|text| panic!("{url} should answer as wanted: {text}"))
}

async fn health_tells_how_long_ago_the_worker_got_around(setup: Setup) {
    let (plaza, monitor) = monitored(setup).await;
    let told = until_told(&format!("{monitor}/healthz"), |text| text.contains("alive")).await;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert!(told["worker_loop_age_seconds"].as_f64() < Some(60.0), "{told}");
    assert!(told["worker_loop_age_seconds"].is_number(), "{told}");

    let public = Api::anonymous(plaza.a()).get("/healthz").await.expect(200);
    assert_eq!(public["status"], "alive");
    let has_worker = setup == Setup::Embedded;
    assert_eq!(public["worker_loop_age_seconds"].is_number(), has_worker, "{public}");
}

async fn metrics_count_tasks_and_show_the_queues(setup: Setup) {
    let (plaza, monitor) = monitored(setup).await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store((0..5).map(|number| number.to_string())).await;
    backstage.announce(&ids).await;
    backstage.until_done(PATIENCE).await;
    backstage.close().await;
    let done = r#"plaza_tasks_total{kind="probe",outcome="succeeded"} 5"#;
    let url = format!("{monitor}/metrics");
    let metrics = until_told(&url, |text| text.contains(done) && text.contains("plaza_queue_tasks")).await;
    for line in [
        r#"plaza_task_duration_seconds_count{kind="probe"} 5"#,
        r#"plaza_queue_tasks{queue="media",state="ready"} 0"#,
        r#"plaza_queue_oldest_age_seconds{queue="default"} "#,
        r#"plaza_tasks_running{queue="default"} 0"#,
        "plaza_worker_loop_age_seconds ",
        "# TYPE plaza_tasks_total counter",
    ] {
        assert!(metrics.contains(line), "{line} is missing from {metrics}");
    }
}
