//! Background work: its owner looks at it; the server's admin lists it, calls it off and gives it another chance.

use plaza_domain::TaskId;
use serde_json::json;

use super::client::{CheckingClient, TestResult};

const NOBODY: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";

/// Of a server where an upload was processed; the task with the id `waiting` waits for its time.
pub(super) async fn tasks(client: &mut CheckingClient, waiting: TaskId) -> TestResult {
    let (list, inspect) = ("GET /admin/tasks", "GET /admin/tasks/{task_id}");
    let done = client.get(list, "/admin/tasks?state=succeeded&queue=media&limit=1", 200).await?;
    let id = done.body["items"][0]["id"].as_str().ok_or("no task is done")?.to_owned();
    client.get(list, &format!("/admin/tasks?kind=process_image&owner_id={NOBODY}"), 200).await?;
    client.get(list, "/admin/tasks?state=tired", 400).await?;
    client.get(list, "/admin/tasks?cursor=made-up", 422).await?;

    let own = client.get("GET /tasks/{task_id}", &format!("/tasks/{id}"), 200).await?;
    assert_eq!(own.body["attempts"][0]["outcome"], "succeeded", "{}", own.body);
    client.get("GET /tasks/{task_id}", &format!("/tasks/{NOBODY}"), 404).await?;
    let task = format!("/admin/tasks/{id}");
    let details = client.get(inspect, &task, 200).await?;
    assert_eq!(details.body["task"]["payload"]["file_id"].as_str().map(str::len), Some(NOBODY.len()));
    client.get(inspect, &format!("/admin/tasks/{NOBODY}"), 404).await?;

    let (retry, cancel) = ("POST /admin/tasks/{task_id}/retry", "POST /admin/tasks/{task_id}/cancel");
    let waiting = format!("/admin/tasks/{waiting}");
    let cancelled = client.call(cancel, &format!("{waiting}/cancel"), 200, |request| request).await?;
    assert_eq!(cancelled.body["state"], "cancelled");
    let retried = client.call(retry, &format!("{waiting}/retry"), 200, |request| request).await?;
    assert_eq!(retried.body["state"], "ready");
    client.call(retry, &format!("{task}/retry"), 409, |request| request).await?;
    client.call(cancel, &format!("{task}/cancel"), 409, |request| request).await?;
    let nobodys = format!("/admin/tasks/{NOBODY}/cancel");
    client.call(cancel, &nobodys, 404, |request| request).await?;
    let retried = client.get("POST /admin/tasks/retry", "/admin/tasks/retry?queue=media", 200).await?;
    assert_eq!(retried.body, json!({"retried": 0, "skipped": 0, "next_cursor": null}));
    let queues = client.get("GET /admin/queues", "/admin/queues", 200).await?;
    assert_eq!(queues.body["items"].as_array().map(Vec::len), Some(4), "{}", queues.body);
    Ok(())
}
