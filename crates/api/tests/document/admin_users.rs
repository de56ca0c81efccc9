//! Accounts as the server's admin looks after them.

use serde_json::json;

use super::client::{CheckingClient, TestResult};

const NOBODY: &str = "0193b5f0-0000-7000-8000-000000000000";

pub(super) async fn admin_users(client: &mut CheckingClient) -> TestResult {
    let found = client.get("GET /admin/users", "/admin/users?search=grace&suspended=false", 200).await?;
    let id = found.body["items"][0]["id"].as_str().ok_or("grace is found")?.to_owned();
    client.get("GET /admin/users", "/admin/users?role=king", 400).await?;
    let one = "GET /admin/users/{user_id}";
    client.get(one, &format!("/admin/users/{id}"), 200).await?;
    client.get(one, &format!("/admin/users/{NOBODY}"), 404).await?;
    let (role, path) = ("PUT /admin/users/{user_id}/role", format!("/admin/users/{id}/role"));
    client.send(role, &path, json!({"role": "king"}), 422).await?;
    client.send(role, &path, json!({"role": "admin"}), 200).await?;
    client.send(role, &path, json!({"role": "member"}), 200).await?;
    let verify = "PUT /admin/users/{user_id}/email-verification";
    client.call(verify, &format!("/admin/users/{id}/email-verification"), 200, |request| request).await?;
    let factor = "DELETE /admin/users/{user_id}/second-factor";
    client.call(factor, &format!("/admin/users/{id}/second-factor"), 204, |request| request).await?;
    let sessions = "DELETE /admin/users/{user_id}/sessions";
    client.call(sessions, &format!("/admin/users/{id}/sessions"), 204, |request| request).await?;
    let path = format!("/admin/users/{id}/deactivation");
    client.send("PUT /admin/users/{user_id}/deactivation", &path, json!({"reason": "Away."}), 204).await?;
    client.call("DELETE /admin/users/{user_id}/deactivation", &path, 204, |request| request).await?;
    Ok(())
}
