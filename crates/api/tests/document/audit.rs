//! The audit log: the server's admin reads it and takes it along.

use super::client::{CheckingClient, TestResult};

pub(super) async fn audit(client: &mut CheckingClient) -> TestResult {
    let list = "GET /admin/audit";
    let known = client.get(list, "/admin/audit?limit=2&action=login.succeeded", 200).await?;
    assert!(known.body["items"].as_array().is_some_and(|items| !items.is_empty()), "{}", known.body);
    client.get(list, "/admin/audit?from=2026-01-01T00:00:00Z&to=2999-01-01T00:00:00Z", 200).await?;
    client.get(list, "/admin/audit?action=tea.brewed", 422).await?;
    client.get(list, "/admin/audit?from=yesterday", 400).await?;
    client.get(list, "/admin/audit?to=-9999-01-01T00:00:00Z", 400).await?;
    client.get("GET /admin/audit.csv", "/admin/audit.csv?action=user.registered", 200).await?;
    Ok(())
}
