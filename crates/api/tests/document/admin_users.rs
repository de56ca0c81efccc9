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
    made(client).await
}

/// Somebody who is made, given another password, and gone.
async fn made(client: &mut CheckingClient) -> TestResult {
    let create = "POST /admin/users";
    let account = json!({"email": "made@example.org", "username": "made", "role": "guest"});
    let made = client.send(create, "/admin/users", account.clone(), 201).await?;
    client.send(create, "/admin/users", account, 409).await?;
    client.send(create, "/admin/users", json!({"email": "made", "username": "made"}), 422).await?;
    let id = made.body["user"]["id"].as_str().ok_or("an account is made")?.to_owned();
    let (reset, path) = ("PUT /admin/users/{user_id}/password", format!("/admin/users/{id}/password"));
    client.send(reset, &path, json!({}), 200).await?;
    client.send(reset, &path, json!({"password": "password"}), 422).await?;
    let (delete, path) = ("DELETE /admin/users/{user_id}", format!("/admin/users/{id}"));
    for order in [json!({}), json!({"reason": "Spam.", "now": true})] {
        client.call(delete, &path, 200, |request| request.json(&order)).await?;
    }
    let nobody = format!("/admin/users/{NOBODY}");
    client.call(delete, &nobody, 404, |request| request.json(&json!({}))).await?;
    Ok(())
}
