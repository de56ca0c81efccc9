//! A thread is made, followed, read and listed; somebody is mentioned.

use serde_json::json;

use super::client::{CheckingClient, TestResult};

const NOBODY: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";

pub(super) async fn threads(client: &mut CheckingClient, room: &str) -> TestResult {
    let path = format!("/rooms/{room}/messages");
    let post = "POST /rooms/{room_id}/messages";
    let root = client.send(post, &path, json!({"content": "A question for @room"}), 201).await?;
    let reply = json!({"content": "An answer", "parent_id": root.text("id")?});
    let reply = client.send(post, &path, reply, 201).await?;
    assert_eq!(reply.body["parent_id"], root.body["id"]);
    client.send(post, &path, json!({"content": "x", "parent_id": NOBODY}), 404).await?;

    let message = format!("/messages/{}", root.text("id")?);
    let read = "GET /messages/{message_id}/thread";
    let thread = client.get(read, &format!("{message}/thread?limit=1"), 200).await?;
    assert_eq!(
        (&thread.body["items"][0]["id"], &thread.body["root"]["reply_count"]),
        (&reply.body["id"], &json!(1))
    );
    client.get(read, &format!("{message}/thread?after=0&before=9"), 422).await?;
    client.get(read, &format!("/messages/{NOBODY}/thread"), 404).await?;

    let follow = format!("{message}/follow");
    client.get("DELETE /messages/{message_id}/follow", &follow, 204).await?;
    client.call("PUT /messages/{message_id}/follow", &follow, 204, |request| request).await?;
    let missing = format!("/messages/{NOBODY}/follow");
    client.call("PUT /messages/{message_id}/follow", &missing, 404, |request| request).await?;
    let mark = "PUT /messages/{message_id}/thread/read";
    let marked = format!("{message}/thread/read");
    client.send(mark, &marked, json!({"seq": reply.body["seq"]}), 204).await?;
    client.send(mark, &marked, json!({"seq": 1_000_000}), 422).await?;

    let listed = client.get("GET /threads", &format!("/threads?room_id={room}"), 200).await?;
    assert_eq!(listed.body["items"][0]["root"]["id"], root.body["id"], "{}", listed.body);
    client.get("GET /threads", "/threads?cursor=made-up", 422).await?;
    client.get("GET /threads", "/threads?limit=0", 400).await?;
    client.get("GET /users/me/mentions", "/users/me/mentions?limit=5", 200).await?;
    client.get("GET /users/me/mentions", "/users/me/mentions?cursor=made-up", 422).await?;
    Ok(())
}
