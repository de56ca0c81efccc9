//! Frames for the rows of the table, and what the server says to them.

use plaza_tests::{
    client::{Socket, User},
    permissions::{call::Subject, matrix::Row},
};
use serde_json::{Value, json};

/// What the server does with a row's frame of that user: `yes`, or the status that its refusal is like.
pub(crate) async fn send(row: &Row, user: &User, subject: &Subject) -> String {
    let mut socket = user.connect().await;
    socket.expect_type("hello").await;
    let kind = row.parts().1;
    socket.send(frame(row, user, subject)).await;
    // Messages are stored while other frames are obeyed: they have an answer of their own.
    let answered = if kind.ends_with("message") {
        let is_answer =
            |frame: &Value| frame["id"] == 1 && (frame["type"] == "ack" || frame["type"] == "error");
        vec![socket.expect("an answer", is_answer).await]
    } else {
        socket.settle().await
    };
    socket.close().await;
    let refusal = answered.iter().find(|frame| frame["type"] == "error");
    match refusal.map(|error| error["code"].as_str().unwrap_or_default()) {
        None => "yes".to_owned(),
        Some("unauthenticated") => "401".to_owned(),
        Some("forbidden") => "403".to_owned(),
        Some("not_found") => "404".to_owned(),
        Some("conflict") => "409".to_owned(),
        Some(other) => other.to_owned(),
    }
}

/// The same, of somebody who is not logged in. `authenticate` is sent with the token of `user`.
pub(crate) async fn send_by_nobody(row: &Row, base: &str, user: &User, subject: &Subject) -> String {
    let mut socket = Socket::connect(base, "", "").await;
    socket.send(frame(row, user, subject)).await;
    if row.parts().1 == "authenticate" {
        socket.expect_type("hello").await;
        return "yes".to_owned();
    }
    match socket.close_code().await {
        4401 => "401".to_owned(),
        other => format!("closed with {other}"),
    }
}

fn frame(row: &Row, user: &User, subject: &Subject) -> Value {
    let kind = row.parts().1;
    let mut frame = match (kind, row.case.as_str()) {
        ("authenticate", _) => json!({ "token": user.api.token() }),
        ("message" | "group_message", "to a user") => {
            json!({ "to": subject.text("user_id"), "content": "hello" })
        }
        ("message" | "group_message", "with an upload") => json!({
            "room_id": subject.text("room_id"), "message_type": "file", "file_id": subject.text("file_id")
        }),
        ("message" | "group_message", _) => json!({ "room_id": subject.text("room_id"), "content": "hello" }),
        ("edit", _) => json!({ "message_id": subject.text("message_id"), "content": "hello again" }),
        ("delete", _) => json!({ "message_id": subject.text("message_id") }),
        ("react" | "unreact", _) => json!({ "message_id": subject.text("message_id"), "emoji": "👍" }),
        ("read", _) => json!({ "room_id": subject.text("room_id"), "seq": 1 }),
        ("typing", _) => json!({ "room_id": subject.text("room_id") }),
        ("subscribe", _) => json!({ "rooms": [{ "room_id": subject.text("room_id") }] }),
        ("unsubscribe", _) => json!({ "rooms": [] }),
        ("presence", _) => json!({ "status": "away" }),
        ("heartbeat", _) => json!({}),
        _ => panic!("the test knows no {kind}: say what it looks like"),
    };
    frame["type"] = kind.into();
    frame["id"] = 1.into();
    frame
}
