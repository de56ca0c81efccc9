//! What frames look like, for the documentation: the story of `routes::examples`, live.

use serde_json::{Value, json};

use super::Side;
use crate::routes::example;

const ADA: &str = "01a1fbea-bf03-71b1-974b-6d519ed5298a";
const LOUNGE: &str = "01a1fbea-d102-7015-a3e9-947200c74479";
const MESSAGE: &str = "01a1fbea-d111-72c9-b369-ce9dae5229f7";
const FILE: &str = "01a1fbea-d11a-73fa-96fd-2661e535ee0c";
const CONNECTION: &str = "01a1fbea-d140-7b5c-8d07-3a3c2f6f7f10";
const NOON: &str = "2026-11-21T12:00:00.123456Z";

/// Examples of a kind of frame; together those of a client's kind show every field.
pub(super) fn examples(side: Side, kind: &str) -> Vec<Value> {
    match side {
        Side::Client => client(kind),
        Side::Server => server(kind),
    }
}

fn client(kind: &str) -> Vec<Value> {
    match kind {
        "authenticate" => {
            vec![json!({"type": kind, "id": 1, "client_id": "a-1", "token": "eyJhbGciOiJIUzI1NiJ9…"})]
        }
        "message" | "group_message" => vec![
            json!({"type": kind, "room_id": LOUNGE, "content": "Hello **everybody**", "client_id": "5f0c3c1e-1"}),
            json!({
                "type": kind, "id": "m-2", "client_id": "5f0c3c1e-2", "room_id": LOUNGE, "content": "The engine",
                "message_type": "image", "file_id": FILE, "parent_id": MESSAGE
            }),
            json!({
                "type": kind, "room_id": LOUNGE, "message_type": "image", "image_url": format!("/media/{FILE}.png")
            }),
            json!({"type": kind, "to": ADA, "content": "Hello Ada"}),
        ],
        "edit" => vec![
            json!({"type": kind, "id": 3, "client_id": "e-1", "message_id": MESSAGE, "content": "Hello *all*"}),
        ],
        "delete" => vec![json!({"type": kind, "id": 4, "client_id": "d-1", "message_id": MESSAGE})],
        "react" | "unreact" => {
            vec![json!({"type": kind, "id": 10, "client_id": "r-2", "message_id": MESSAGE, "emoji": "👍"})]
        }
        "read" => vec![
            json!({"type": kind, "room_id": LOUNGE, "seq": 1}),
            json!({"type": kind, "id": 5, "client_id": "r-1", "room_id": LOUNGE, "message_id": MESSAGE}),
        ],
        "typing" => vec![
            json!({"type": kind, "room_id": LOUNGE}),
            json!({"type": kind, "id": 6, "client_id": "t-1", "room_id": LOUNGE, "active": false}),
        ],
        "presence" => vec![
            json!({"type": kind, "status": "away"}),
            json!({"type": kind, "id": 10, "client_id": "p-1", "status": "dnd"}),
        ],
        "heartbeat" => vec![
            json!({"type": kind}),
            json!({"type": kind, "id": 7, "client_id": "h-1", "seen": {LOUNGE: 3}}),
        ],
        "subscribe" => vec![
            json!({"type": kind, "rooms": [{"room_id": LOUNGE}]}),
            json!({"type": kind, "id": 8, "client_id": "s-1", "rooms": [{"room_id": LOUNGE, "since": 3}]}),
        ],
        "unsubscribe" => vec![json!({"type": kind, "id": 9, "client_id": "u-1", "rooms": [LOUNGE]})],
        _ => Vec::new(),
    }
}

fn server(kind: &str) -> Vec<Value> {
    let example = match kind {
        "hello" => json!({
            "protocol": 1, "connection_id": CONNECTION, "user": {"id": ADA, "username": "ada"},
            "heartbeat_interval_ms": 25_000,
            "limits": {"frame_bytes": 65_536, "direct_per_minute": 20, "room_per_minute": 30}
        }),
        "ack" => json!({
            "id": "m-2", "client_id": "5f0c3c1e-2", "message_id": MESSAGE, "room_id": LOUNGE, "seq": 1, "version": 3,
            "created_at": NOON
        }),
        "message" => json!({"room_id": LOUNGE, "seq": 1, "version": 3, "message": example("MessageView")}),
        "message_updated" => json!({"room_id": LOUNGE, "version": 4, "message": changed("edited_at")}),
        "message_deleted" => json!({"room_id": LOUNGE, "version": 5, "message": changed("deleted_at")}),
        "member_joined" | "member_left" | "member_updated" => {
            json!({"room_id": LOUNGE, "version": 6, "user": example("UserSummaryView"), "role": "member"})
        }
        "room_updated" | "room_deleted" => {
            json!({"room_id": LOUNGE, "version": 7, "room": example("RoomView")})
        }
        "typing" => json!({"room_id": LOUNGE, "user_id": ADA, "active": true}),
        "presence" => example("PresenceView").unwrap_or_default(),
        "read_receipt" => json!({"room_id": LOUNGE, "user_id": ADA, "seq": 1, "read_at": NOON}),
        "room_added" => json!({"room": example("RoomView")}),
        "friend" => {
            json!({"kind": "requested", "user": example("UserSummaryView"), "is_own": false, "at": NOON})
        }
        "file" => json!({"file_id": FILE, "status": "completed", "variants": ["thumbnail", "preview"]}),
        "subscribed" => json!({
            "room_id": LOUNGE, "version": 3, "last_seq": 1, "read_seq": 0, "unread": 1,
            "cursors": [{"user_id": ADA, "read_seq": 0}], "presence": [example("PresenceView")]
        }),
        "synced" => json!({"room_id": LOUNGE, "version": 3}),
        "reset" => json!({"room_id": LOUNGE, "version": 90_210, "last_seq": 81_007}),
        "unsubscribed" => json!({"room_id": LOUNGE}),
        "heartbeat_ack" => json!({}),
        "token_expiring" => json!({"expires_at": NOON}),
        "reconnect" => json!({"after_ms": 1_250}),
        "error" => json!({
            "reason": "rate limit exceeded", "code": "rate_limited", "client_id": "5f0c3c1e-3", "retry_after_ms": 2_000
        }),
        _ => return Vec::new(),
    };
    let mut example = example;
    example["type"] = kind.into();
    vec![example]
}

/// The message after something else happened to it.
fn changed(when: &str) -> Value {
    let mut message = example("MessageView").unwrap_or_default();
    message[when] = NOON.into();
    if when == "deleted_at" {
        for (field, nothing) in [
            ("content", json!("")),
            ("content_html", json!("")),
            ("file_id", Value::Null),
            ("pinned_at", Value::Null),
            ("pinned_by", Value::Null),
            ("reactions", json!([])),
        ] {
            message[field] = nothing;
        }
    }
    message
}
