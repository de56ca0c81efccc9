//! Background work that is called off or given another chance, over REST and from the command line.

use std::process::Output;

use plaza_domain::{NewTask, UserId};
use plaza_tests::{
    Options, Plaza, Setup,
    backstage::{Backstage, SLEEP},
    both_setups,
    client::User,
    servers::PrivateRedis,
};
use serde_json::{Value, json};

use crate::tasks::{given_waiting, until_task};

both_setups!(
    a_dead_task_is_looked_at_repaired_and_given_another_chance,
    all_that_is_dead_of_a_kind_is_given_another_chance,
    a_waiting_task_is_called_off_and_is_over,
    a_file_whose_task_is_called_off_says_so_until_it_is_given_another_chance,
    an_operator_gives_the_same_orders_at_the_command_line,
    the_command_line_says_what_is_wrong,
);

/// Stores probes whose data cannot be read, and waits until they were given up.
async fn given_dead(plaza: &Plaza, root: &User, owner: &User, count: usize) -> Vec<String> {
    let backstage = Backstage::open(plaza).await;
    let broken = |number: usize| NewTask {
        payload: json!({ "note": number }),
        owner_id: Some(owner.id.parse::<UserId>().expect("an id")),
        ..backstage.probe(String::new())
    };
    let tasks: Vec<NewTask> = (1..=count).map(broken).collect();
    backstage.insert(&tasks).await;
    let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
    backstage.announce(&ids).await;
    backstage.close().await;
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    for id in &ids {
        until_task(root, id, "dead").await;
    }
    ids
}

/// What a new version of the program does that writes what it can read.
async fn repair_probes(plaza: &Plaza) {
    let backstage = Backstage::open(plaza).await;
    let repair = r#"UPDATE tasks SET payload = '{"note": "repaired"}' WHERE state = 'dead'"#;
    assert_eq!(backstage.number(&format!("{repair} RETURNING CAST(1 AS BIGINT)")).await, 1);
    backstage.close().await;
}

pub(crate) fn out(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

pub(crate) fn json_out(output: &Output) -> Value {
    let text = out(output);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

async fn a_dead_task_is_looked_at_repaired_and_given_another_chance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let id = given_dead(&plaza, &root, &ada, 1).await.remove(0);
    let path = format!("/admin/tasks/{id}");

    let details = root.api.get(&path).await.expect(200);
    let error = details["task"]["last_error"].as_str().expect("an error");
    assert!(error.contains("cannot be read"), "{error}");
    assert_eq!(details["attempts"][0]["error"], error);
    let seen = ada.api.get(&format!("/tasks/{id}")).await.expect(200);
    assert_eq!(seen["attempts"][0]["error"], "it failed, and was given up", "{seen}");
    assert!(seen["error"].is_string() && !seen.to_string().contains("cannot be read"), "{seen}");
    root.api.post_empty(&format!("{path}/cancel")).await.expect_problem(409);

    repair_probes(&plaza).await;
    let ready = root.at(plaza.b()).api.post_empty(&format!("{path}/retry")).await.expect(200);
    assert_eq!((&ready["state"], &ready["attempt"]), (&json!("ready"), &json!(0)));
    let done = until_task(&ada, &id, "succeeded").await;
    assert_eq!(done["result"], json!({ "note": "repaired" }));
    let outcomes: Vec<_> = done["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|attempt| attempt["outcome"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(outcomes, ["succeeded", "dead"]);
    let refused = root.api.post_empty(&format!("{path}/retry")).await.expect_problem(409);
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("succeeded")), "{refused}");
}

async fn all_that_is_dead_of_a_kind_is_given_another_chance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ids = given_dead(&plaza, &root, &root, 3).await;
    let none = root.api.post_empty("/admin/tasks/retry?kind=process_image").await.expect(200);
    assert_eq!(none, json!({ "retried": 0, "skipped": 0, "next_cursor": null }));
    let first = root.api.post_empty("/admin/tasks/retry?kind=probe&queue=default&limit=2").await.expect(200);
    assert_eq!((&first["retried"], &first["skipped"]), (&json!(2), &json!(0)));
    let cursor = first["next_cursor"].as_str().expect("there are more");
    let rest =
        root.api.post_empty(&format!("/admin/tasks/retry?kind=probe&cursor={cursor}")).await.expect(200);
    assert_eq!((&rest["retried"], &rest["next_cursor"]), (&json!(1), &Value::Null));
    // Nobody has repaired them.
    for id in &ids {
        until_attempts(&root, id, 2).await;
    }
}

async fn until_attempts(user: &User, task_id: &str, count: usize) {
    let path = format!("/tasks/{task_id}");
    plaza_tests::servers::until(std::time::Duration::from_secs(60), || async {
        let task = user.api.get(&path).await.expect(200);
        let attempts = task["attempts"].as_array().map_or(0, Vec::len);
        if attempts == count && task["state"] == "dead" { Ok(()) } else { Err(task) }
    })
    .await
    .unwrap_or_else(|task| panic!("there should have been {count} attempts: {task}"));
}

async fn a_waiting_task_is_called_off_and_is_over(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let id = given_waiting(&plaza, Some(&ada), 1).await.remove(0);
    let cancel = format!("/admin/tasks/{id}/cancel");
    let cancelled = root.api.post_empty(&cancel).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    let seen = ada.api.get(&format!("/tasks/{id}")).await.expect(200);
    assert_eq!((&seen["state"], &seen["attempts"]), (&json!("cancelled"), &json!([])));
    assert!(seen["error"].is_string() && seen["finished_at"].is_string(), "{seen}");
    let refused = root.at(plaza.b()).api.post_empty(&cancel).await.expect_problem(409);
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("cancelled")), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_task_is_asked_to_end_and_does() {
    let plaza = Options::new(Setup::Distributed).faulty_workers().start().await;
    let root = User::register(plaza.a(), "root").await;
    let backstage = Backstage::open(&plaza).await;
    let ids = backstage.store([60_000, 60_001].map(|milliseconds| format!("{SLEEP}{milliseconds}"))).await;
    backstage.announce(&ids).await;
    backstage.close().await;
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    for id in &ids {
        until_task(&root, id, "running").await;
    }
    let asked = root.api.post_empty(&format!("/admin/tasks/{}/cancel", ids[0])).await.expect(200);
    assert_eq!(asked["state"], "running", "its worker has to see to it");
    assert!(asked["cancel_requested_at"].is_string(), "{asked}");
    let said = out(&plaza.run(&["admin", "tasks", "cancel", &ids[1]]).await);
    assert_eq!(said, format!("{} is asked to end\n", ids[1]));
    for id in &ids {
        let ended = until_task(&root, id, "cancelled").await;
        assert_eq!(ended["attempts"][0]["outcome"], "cancelled", "{ended}");
    }
}

async fn a_file_whose_task_is_called_off_says_so_until_it_is_given_another_chance(setup: Setup) {
    // Nobody works: an upload waits.
    let mut plaza = Options::new(setup).variable("PLAZA_WORKER__EMBEDDED", "false").start().await;
    if setup == Setup::Distributed {
        plaza.kill_worker(0);
    }
    let root = User::register(plaza.a(), "root").await;
    let receipt = root.upload("notes.txt", b"Remember the milk.\n".to_vec()).await.expect(202);
    let (file_id, task_id) = (&receipt["file_id"], receipt["task_id"].as_str().expect("an id"));
    let path = format!("/files/{}", file_id.as_str().expect("an id"));
    let mut socket = root.connect().await;
    root.api.post_empty(&format!("/admin/tasks/{task_id}/cancel")).await.expect(200);
    let file = root.api.get(&path).await.expect(200);
    assert_eq!((&file["status"], &file["failure"]), (&json!("failed"), &json!("cancelled")));
    let told =
        socket.expect("a failure", |frame| frame["type"] == "file" && frame["status"] == "failed").await;
    assert_eq!((&told["file_id"], &told["reason"]), (file_id, &json!("cancelled")), "{told}");

    root.api.post_empty(&format!("/admin/tasks/{task_id}/retry")).await.expect(200);
    let file = root.api.get(&path).await.expect(200);
    assert_eq!((&file["status"], &file["failure"]), (&json!("pending"), &Value::Null));
    if setup == Setup::Distributed {
        plaza.restart_worker(0).await;
        let file = root.processed(file_id.as_str().expect("an id")).await;
        assert_eq!(file["status"], "completed", "{file}");
    }
}

async fn an_operator_gives_the_same_orders_at_the_command_line(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let dead = given_dead(&plaza, &root, &root, 1).await.remove(0);
    let waiting = given_waiting(&plaza, None, 2).await;

    let table = out(&plaza.run(&["admin", "tasks", "list"]).await);
    assert!(table.starts_with("ID ") && table.contains(&dead) && table.contains("cannot be read"), "{table}");
    let list = ["admin", "tasks", "list", "--state", "scheduled", "--limit", "1", "--json"];
    let listed = json_out(&plaza.run(&list).await);
    assert_eq!(listed["items"][0]["id"], waiting[1].as_str());
    let over_rest = root.api.get("/admin/tasks?state=scheduled&limit=1").await.expect(200);
    assert_eq!(listed, over_rest, "the same shape");
    let older = json_out(&plaza.run(&["admin", "tasks", "list", "--before", &waiting[0], "--json"]).await);
    assert_eq!(older["items"][0]["id"], dead.as_str());

    let shown = out(&plaza.run(&["admin", "tasks", "show", &dead]).await);
    assert!(shown.contains("state") && shown.contains("dead") && shown.contains("OUTCOME"), "{shown}");
    let cancelled = out(&plaza.run(&["admin", "tasks", "cancel", &waiting[0]]).await);
    assert_eq!(cancelled, format!("{} is cancelled\n", waiting[0]));
    assert_eq!(root.api.get(&format!("/tasks/{}", waiting[0])).await.expect(200)["state"], "cancelled");

    repair_probes(&plaza).await;
    let retried =
        json_out(&plaza.run(&["admin", "tasks", "retry", "--dead", "--kind", "probe", "--json"]).await);
    assert_eq!(retried, json!({ "retried": 1, "skipped": 0, "next_cursor": null }));
    until_task(&root, &dead, "succeeded").await;
    let queues = json_out(&plaza.run(&["admin", "queues", "--json"]).await);
    assert_eq!(queues["items"][0]["name"], "default");
    assert_eq!(queues["items"][0]["scheduled"], 1);
    let table = out(&plaza.run(&["admin", "queues"]).await);
    assert!(table.starts_with("QUEUE ") && table.contains("media"), "{table}");
}

async fn the_command_line_says_what_is_wrong(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let dead = given_dead(&plaza, &root, &root, 1).await.remove(0);
    let unknown = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
    for (arguments, said) in [
        (["tasks", "cancel", dead.as_str()], "the task is dead"),
        (["tasks", "show", unknown], "there is no such task"),
        (["tasks", "show", "tomorrow"], "invalid value"),
        (["tasks", "list", "--state=tired"], "there is no such state"),
        (["tasks", "retry", "--json"], "ID of a task is needed, or --dead"),
        (["tasks", "retry", "--queue=media"], "--dead"),
    ] {
        let output = plaza.run(&[["admin"].as_slice(), arguments.as_slice()].concat()).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty());
    }
    let output = plaza.run(&["admin", "queues", "--data-dir", "elsewhere"]).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    if setup == Setup::Embedded {
        assert!(!output.status.success() && errors.contains("there is no database"), "{errors}");
    } else {
        assert!(output.status.success(), "the database is not in that folder: {errors}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_works_while_redis_is_away() {
    let mut redis = PrivateRedis::start().await;
    let plaza = Options::new(Setup::Distributed).redis(redis.url()).start().await;
    let root = User::register(plaza.a(), "root").await;
    let id = given_waiting(&plaza, None, 1).await.remove(0);
    redis.kill().await;
    out(&plaza.run(&["admin", "tasks", "cancel", &id]).await);
    let retried = out(&plaza.run(&["admin", "tasks", "retry", &id]).await);
    assert_eq!(retried, format!("{id} is ready\n"));
    // Nobody could be woken: an idle worker looks by itself.
    until_task(&root, &id, "succeeded").await;
}
