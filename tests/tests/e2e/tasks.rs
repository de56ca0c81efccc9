//! Background work: what its owner is told, and what the server's admins can list.

use std::time::Duration;

use plaza_domain::{NewTask, UserId};
use plaza_tests::{
    Plaza, Setup,
    backstage::Backstage,
    both_setups,
    client::{Api, User},
    servers::until,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

both_setups!(
    an_owner_follows_the_task_of_an_upload_to_its_end,
    a_task_is_nobody_elses_business,
    only_admins_look_behind_the_stage,
    tasks_are_listed_by_what_they_are_in_pages,
    queues_tell_how_they_are_doing,
);

/// Waits until a task's owner, or an admin, sees it in that state.
pub(crate) async fn until_task(user: &User, task_id: &str, state: &str) -> Value {
    let path = format!("/tasks/{task_id}");
    until(PATIENCE, || async {
        let task = user.api.get(&path).await.expect(200);
        if task["state"] == state { Ok(task) } else { Err(task) }
    })
    .await
    .unwrap_or_else(|task| panic!("the task should be {state}: {task}"))
}

/// Stores probes that wait for tomorrow.
pub(crate) async fn given_waiting(plaza: &Plaza, owner: Option<&User>, count: usize) -> Vec<String> {
    let owner_id = owner.map(|user| user.id.parse::<UserId>().expect("an id"));
    let backstage = Backstage::open(plaza).await;
    let run_at = Some(backstage.tomorrow());
    let tasks: Vec<NewTask> = (0..count)
        .map(|number| NewTask { owner_id, run_at, ..backstage.probe(number.to_string()) })
        .collect();
    backstage.insert(&tasks).await;
    backstage.close().await;
    tasks.iter().map(|task| task.id.to_string()).collect()
}

async fn an_owner_follows_the_task_of_an_upload_to_its_end(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let receipt = ada.upload("notes.txt", b"Remember the milk.\n".to_vec()).await.expect(202);
    let task_id = receipt["task_id"].as_str().expect("an id");
    assert_eq!(receipt["task_url"], format!("/api/v1/tasks/{task_id}"));

    let task = until_task(&ada.at(plaza.b()), task_id, "succeeded").await;
    assert_eq!((&task["kind"], &task["error"]), (&json!("process_document"), &Value::Null));
    let attempts = task["attempts"].as_array().expect("attempts");
    assert_eq!((attempts.len(), &attempts[0]["outcome"]), (1, &json!("succeeded")), "{task}");
    let of_attempt = [&attempts[0]["started_at"], &attempts[0]["ended_at"]];
    let moments = [&task["created_at"], of_attempt[0], of_attempt[1], &task["finished_at"]];
    assert!(moments.iter().all(|moment| moment.is_string()), "{task}");
}

async fn a_task_is_nobody_elses_business(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    let task_id = given_waiting(&plaza, Some(&ada), 1).await.remove(0);
    let path = format!("/tasks/{task_id}");
    ada.api.get(&path).await.expect(200);
    root.api.get(&path).await.expect(200);
    let hidden = bob.api.get(&path).await.expect_problem(404);
    let missing = bob.api.get("/tasks/01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f").await.expect_problem(404);
    assert_eq!(hidden["detail"], missing["detail"]);
    Api::anonymous(plaza.a()).get(&path).await.expect_problem(401);
}

async fn only_admins_look_behind_the_stage(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let task_id = given_waiting(&plaza, Some(&ada), 1).await.remove(0);
    let task = format!("/admin/tasks/{task_id}");
    for path in ["/admin/tasks", "/admin/queues", &task] {
        ada.api.get(path).await.expect_problem(403);
        Api::anonymous(plaza.b()).get(path).await.expect_problem(401);
    }
    // Of a task that is not there one who may not ask learns no more.
    let unknown = "/admin/tasks/01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
    ada.api.get(unknown).await.expect_problem(403);
    for path in ["/admin/tasks/retry", &format!("{task}/cancel"), &format!("{unknown}/retry")] {
        ada.api.post_empty(path).await.expect_problem(403);
    }
    assert_eq!(ada.api.get(&format!("/tasks/{task_id}")).await.expect(200)["state"], "scheduled");
}

async fn tasks_are_listed_by_what_they_are_in_pages(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut probes = given_waiting(&plaza, Some(&ada), 3).await;
    given_waiting(&plaza, None, 2).await;
    probes.reverse();
    let list = async |query: &str| {
        let page = root.api.get(&format!("/admin/tasks?{query}")).await.expect(200);
        let items = page["items"].as_array().expect("items").clone();
        let ids: Vec<String> =
            items.iter().filter_map(|task| task["id"].as_str()).map(str::to_owned).collect();
        (ids, page["next_cursor"].as_str().map(str::to_owned))
    };
    let mine = format!("state=scheduled&queue=default&kind=probe&owner_id={}", ada.id);
    let (first, next) = list(&format!("{mine}&limit=2")).await;
    assert_eq!(first, probes[..2]);
    let next = next.expect("there are more");
    assert_eq!(list(&format!("{mine}&limit=2&cursor={next}")).await, (probes[2..].to_vec(), None));
    assert_eq!(list("kind=probe").await.0.len(), 5);
    for nothing in ["state=dead", "queue=brew", "kind=process_image"] {
        assert_eq!(list(nothing).await, (Vec::new(), None), "{nothing}");
    }
    root.api.get("/admin/tasks?state=tired").await.expect_problem(400);
    root.api.get("/admin/tasks?limit=101").await.expect_problem(400);
    root.api.get("/admin/tasks?cursor=tomorrow").await.expect_problem(422);
}

async fn queues_tell_how_they_are_doing(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let receipt = root.upload("notes.txt", b"Remember the milk.\n".to_vec()).await.expect(202);
    until_task(&root, receipt["task_id"].as_str().expect("an id"), "succeeded").await;
    given_waiting(&plaza, None, 3).await;
    let queues = root.api.get("/admin/queues").await.expect(200);
    assert_eq!(queues["is_complete"], true);
    let queue = |name: &str| {
        let items = queues["items"].as_array().expect("queues");
        items.iter().find(|queue| queue["name"] == name).unwrap_or_else(|| panic!("no {name}: {queues}"))
    };
    let (default, media) = (queue("default"), queue("media"));
    assert_eq!((&default["scheduled"], &default["ready"]), (&json!(3), &json!(0)));
    assert_eq!((&media["succeeded_last_hour"], &media["failed_last_hour"]), (&json!(1), &json!(0)));
    assert_eq!((&media["failure_rate"], &media["oldest_ready_seconds"]), (&json!(0.0), &Value::Null));
    assert_eq!(default["failure_rate"], Value::Null, "nothing was tried");
}
