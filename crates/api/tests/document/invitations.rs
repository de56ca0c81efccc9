//! Invitations: the server's admin makes one, looks at it and takes it back.

use serde_json::json;

use super::client::{CheckingClient, TestResult};

pub(super) async fn invitations(client: &mut CheckingClient) -> TestResult {
    let path = "/admin/invitations";
    let order = json!({ "note": "The choir", "role": "guest", "max_uses": 2, "days": 7 });
    let made = client.send("POST /admin/invitations", path, order, 201).await?;
    let wrong = json!({ "role": "member", "max_uses": 0, "days": 7 });
    client.send("POST /admin/invitations", path, wrong, 422).await?;
    let listed = client.get("GET /admin/invitations", path, 200).await?;
    let invitation = &listed.body["items"][0];
    assert_eq!(invitation, &made.body["invitation"]);
    let one = format!("{path}/{}", invitation["id"].as_str().unwrap_or_default());
    let revoke = "DELETE /admin/invitations/{invitation_id}";
    client.call(revoke, &one, 204, |request| request).await?;
    client.call(revoke, &one, 404, |request| request).await?;
    Ok(())
}
