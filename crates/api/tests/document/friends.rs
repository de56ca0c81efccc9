//! Somebody is asked to be a friend, answers, and is one for a while.

use serde_json::json;

use super::client::{CheckingClient, TestResult};

const NOBODY: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
const PASSWORD: &str = "correct horse battery";

pub(super) async fn friends(client: &mut CheckingClient) -> TestResult {
    let me = client.get("GET /users/me", "/users/me", 200).await?.text("id")?;
    let own = client.token.take();
    let login = json!({"login": "john", "password": PASSWORD});
    let john = client.send("POST /auth/login", "/auth/login", login, 200).await?;
    let john_id = john.body["user"]["id"].as_str().unwrap_or_default().to_owned();
    let johns = Some(john.text("access_token")?);

    let ask = "POST /friends/requests";
    client.send(ask, "/friends/requests", json!({"user_id": john_id}), 401).await?;
    client.token = own.clone();
    let made = client.send(ask, "/friends/requests", json!({"user_id": john_id}), 201).await?;
    assert!(made.header(reqwest::header::LOCATION).ends_with(&format!("/friends/{john_id}")));
    client.send(ask, "/friends/requests", json!({"user_id": john_id}), 200).await?;
    client.send(ask, "/friends/requests", json!({"user_id": me}), 422).await?;
    client.send(ask, "/friends/requests", json!({"user_id": NOBODY}), 404).await?;
    let requests = "GET /friends/requests";
    client.get(requests, "/friends/requests?direction=outgoing&limit=1", 200).await?;
    client.get(requests, "/friends/requests?direction=sideways", 400).await?;
    client.get(requests, "/friends/requests?cursor=made-up", 422).await?;

    let (decline, accept) =
        ("POST /friends/requests/{user_id}/decline", "POST /friends/requests/{user_id}/accept");
    let path = |user: &str, answer: &str| format!("/friends/requests/{user}{answer}");
    client.call(accept, &path(&john_id, "/accept"), 404, |request| request).await?;
    client.token = johns.clone();
    client.get(requests, "/friends/requests", 200).await?;
    client.call(decline, &path(&me, "/decline"), 204, |request| request).await?;
    client.call(decline, &path(&me, "/decline"), 404, |request| request).await?;
    client.token = own.clone();
    let cancel = "DELETE /friends/requests/{user_id}";
    client.get(cancel, &path(&john_id, ""), 204).await?;
    client.get(cancel, &path(&john_id, ""), 404).await?;
    client.send(ask, "/friends/requests", json!({"user_id": john_id}), 409).await?;
    client.token = johns;
    client.send(ask, "/friends/requests", json!({"user_id": me}), 201).await?;
    client.token = own;
    client.call(accept, &path(&john_id, "/accept"), 200, |request| request).await?;

    let listed = client.get("GET /friends", "/friends?limit=1", 200).await?;
    assert_eq!(listed.body["items"][0]["user"]["id"], john_id.as_str(), "{}", listed.body);
    client.get("GET /friends", "/friends?cursor=made-up", 422).await?;
    let friend = format!("/friends/{john_id}");
    let shown = client.get("GET /friends/{user_id}", &friend, 200).await?;
    assert_eq!(shown.body["relation"], "friends");
    client.get("GET /friends/{user_id}", &format!("/friends/{NOBODY}"), 404).await?;
    client.get("DELETE /friends/{user_id}", &friend, 204).await?;
    client.get("DELETE /friends/{user_id}", &friend, 404).await?;
    client.get("DELETE /friends/{user_id}", &format!("/friends/{me}"), 422).await?;
    Ok(())
}
