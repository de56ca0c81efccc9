//! Connections: who may open one, what they may send, and how they are closed.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Socket, StatusCode, User},
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

both_setups!(
    hello_tells_who_is_connected_and_the_limits,
    a_client_proves_itself_by_header_query_ticket_or_first_frame,
    who_does_not_prove_themselves_is_closed_with_4401,
    a_room_that_is_none_or_somebody_elses_closes_the_connection,
    what_is_no_frame_is_answered_with_an_error,
    an_error_repeats_what_the_client_called_its_frame,
    too_many_texts_that_are_no_frames_close_the_connection,
    a_frame_that_is_too_large_closes_the_connection,
    a_rate_limited_message_is_not_stored,
    a_foreign_web_page_may_not_connect,
    behind_a_proxy_pages_of_the_public_url_connect,
    a_client_without_heartbeat_is_closed_with_4408,
);

async fn hello_tells_who_is_connected_and_the_limits(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.at(plaza.b()).connect().await;
    let hello = socket.expect_type("hello").await;
    assert_eq!(hello["protocol"], 1);
    assert_eq!(hello["user"], json!({ "id": ada.id, "username": "ada" }));
    assert_eq!(hello["heartbeat_interval_ms"], 25_000);
    assert_eq!(hello["limits"]["frame_bytes"], 65_536);
    assert!(hello["connection_id"].is_string());
}

async fn a_client_proves_itself_by_header_query_ticket_or_first_frame(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let token = ada.api.token();
    let mut by_query = Socket::connect(plaza.b(), &format!("?token={token}"), "").await;
    by_query.expect_type("hello").await;

    let ticket = ada.api.post_empty("/auth/ws-ticket").await.expect(200);
    let path = format!("?ticket={}", ticket["ticket"].as_str().expect("a ticket"));
    let mut by_ticket = Socket::connect(plaza.b(), &path, "").await;
    by_ticket.expect_type("hello").await;
    let mut again = Socket::connect(plaza.a(), &path, "").await;
    assert_eq!(again.close_code().await, 4401, "a ticket works once");

    let mut by_frame = Socket::connect(plaza.b(), "", "").await;
    by_frame.send(json!({ "type": "authenticate", "token": token })).await;
    by_frame.expect_type("hello").await;
    for instance in 0..=usize::from(setup == Setup::Distributed) {
        assert!(!plaza.log(instance).contains(token), "no token is logged");
    }
}

async fn who_does_not_prove_themselves_is_closed_with_4401(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let mut silent = Socket::connect(plaza.a(), "", "").await;
    let mut eager = Socket::connect(plaza.a(), "", "").await;
    eager.send(json!({ "type": "heartbeat" })).await;
    let mut wrong = Socket::connect(plaza.a(), "", "").await;
    wrong.send(json!({ "type": "authenticate", "token": "x.y.z" })).await;
    let mut bad_query = Socket::connect(plaza.b(), "?token=x.y.z", "").await;
    let mut bad_ticket = Socket::connect(plaza.b(), "?ticket=none", "").await;
    for socket in [&mut eager, &mut wrong, &mut bad_query, &mut bad_ticket, &mut silent] {
        assert_eq!(socket.close_code().await, 4401);
    }
}

async fn a_room_that_is_none_or_somebody_elses_closes_the_connection(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let (public, private) = (ada.open_room("lounge").await, ada.open_private_room("attic").await);
    let nowhere = "0193b5f0-0000-7000-8000-000000000000";
    for (room, code) in [(public.as_str(), 4403), (&private, 4404), (nowhere, 4404), ("lounge", 4404)] {
        let mut socket = bob.connect_to(room).await;
        assert_eq!(socket.close_code().await, code, "{room}");
    }
    // On a connection that is about more than that room it is an error.
    let mut socket = bob.connect().await;
    for (room, code) in [(public, "forbidden"), (private, "not_found"), (nowhere.to_owned(), "not_found")] {
        socket.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
        assert_eq!(socket.expect_type("error").await["code"], code);
        socket.send(json!({ "type": "message", "room_id": room, "content": "psst" })).await;
        socket.expect_type("error").await;
    }
}

async fn what_is_no_frame_is_answered_with_an_error(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.at(plaza.b()).connect_to(&room).await;
    socket.expect_type("synced").await;
    for (text, code) in [
        ("{", "bad_frame"),
        ("[]", "bad_frame"),
        ("{\"content\":\"no type\"}", "bad_frame"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (r#"{"type":"message","content":7}"#, "invalid"),
        (r#"{"type":"message","content":""}"#, "invalid"),
        (r#"{"type":"message","content":"x","message_type":"system"}"#, "invalid"),
        (r#"{"type":"message","room_id":"not an id","content":"x"}"#, "invalid"),
        (r#"{"type":"edit"}"#, "invalid"),
        (r#"{"type":"edit","message_id":"0193b5f0-0000-7000-8000-000000000000","content":"x"}"#, "not_found"),
        (r#"{"type":"delete","message_id":"0193b5f0-0000-7000-8000-000000000000"}"#, "not_found"),
        (r#"{"type":"read"}"#, "invalid"),
        (r#"{"type":"subscribe"}"#, "invalid"),
    ] {
        socket.send_text(text).await;
        let error = socket.expect_type("error").await;
        assert_eq!(error["code"], code, "{text}: {error}");
        assert!(error["reason"].is_string());
    }
    socket.try_send(Message::binary(vec![1, 2, 3])).await.expect("sent");
    assert_eq!(socket.expect_type("error").await["code"], "bad_frame");

    socket.send(json!({ "type": "message", "content": "still here", "mood": "good" })).await;
    socket.expect_type("ack").await;
    assert_eq!(ada.words(&room).await, ["still here"]);
}

async fn an_error_repeats_what_the_client_called_its_frame(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.send(json!({ "type": "dance", "id": "a" })).await;
    assert_eq!(socket.expect_type("error").await["id"], "a");
    socket.send(json!({ "type": "message", "content": "x", "id": { "n": 1 }, "client_id": "c-1" })).await;
    let error = socket.expect_type("error").await;
    assert_eq!(error["code"], "invalid", "no room is named: {error}");
    assert_eq!((&error["id"], &error["client_id"]), (&json!({ "n": 1 }), &json!("c-1")));
}

async fn too_many_texts_that_are_no_frames_close_the_connection(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.connect().await;
    for _ in 0..20 {
        // The connection may be closed already.
        socket.try_send(Message::text("not JSON")).await.ok();
    }
    assert_eq!(socket.close_code().await, 4400);
}

async fn a_frame_that_is_too_large_closes_the_connection(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.connect_to(&room).await;
    socket.expect_type("synced").await;
    let frame = json!({ "type": "message", "content": "x".repeat(70_000) });
    socket.try_send(Message::text(frame.to_string())).await.ok();
    assert_eq!(socket.close_code().await, 1009);
    assert!(ada.words(&room).await.is_empty());
}

async fn a_rate_limited_message_is_not_stored(setup: Setup) {
    let plaza = Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__ROOM_MESSAGES_PER_USER", "5")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.connect_to(&room).await;
    for number in 0..8 {
        socket.send(json!({ "type": "message", "content": format!("{number}"), "id": number })).await;
    }
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    while stored.len() + refused.len() < 8 {
        let answer =
            socket.expect("an answer", |frame| frame["type"] == "ack" || frame["type"] == "error").await;
        let answers = if answer["type"] == "ack" { &mut stored } else { &mut refused };
        answers.push(answer);
    }
    let ids = |answers: &[Value]| answers.iter().map(|answer| answer["id"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (ids(&stored), ids(&refused)),
        (vec![json!(0), json!(1), json!(2), json!(3), json!(4)], vec![json!(5), json!(6), json!(7)])
    );
    let error = &refused[0];
    assert_eq!((&error["code"], &error["reason"]), (&json!("rate_limited"), &json!("rate limit exceeded")));
    assert!(error["retry_after_ms"].as_u64().is_some_and(|ms| (1..=60_000).contains(&ms)));
    // Elsewhere the count goes on.
    let answer = ada.at(plaza.b()).post_message(&room, &json!({ "content": "REST" })).await;
    answer.expect_problem(429);
    assert_eq!(ada.words(&room).await, ["0", "1", "2", "3", "4"]);
}

async fn a_foreign_web_page_may_not_connect(setup: Setup) {
    let plaza =
        Options::new(setup).variable("PLAZA_SERVER__CORS_ORIGINS", "https://chat.example.org").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    for (origin, welcome) in [
        ("https://chat.example.org", true),
        (plaza.a(), true),
        ("https://evil.example.org", false),
        ("null", false),
    ] {
        let mut socket = Socket::from_page(plaza.a(), "", ada.api.token(), origin).await;
        if welcome {
            socket.expect_type("hello").await;
        } else {
            assert_eq!(socket.close_code().await, 4403, "{origin}");
        }
    }
    let status = Socket::refused(plaza.a(), "/too/deep", ada.api.token()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn behind_a_proxy_pages_of_the_public_url_connect(setup: Setup) {
    let public = "https://chat.example.org";
    let plaza = Options::new(setup).variable("PLAZA_SERVER__PUBLIC_URL", public).start().await;
    let ada = User::register(plaza.a(), "ada").await;
    Socket::from_page(plaza.a(), "", ada.api.token(), public).await.expect_type("hello").await;
    for origin in [plaza.a(), "http://chat.example.org"] {
        let mut socket = Socket::from_page(plaza.a(), "", ada.api.token(), origin).await;
        assert_eq!(socket.close_code().await, 4403, "{origin}");
    }
}

async fn a_client_without_heartbeat_is_closed_with_4408(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_SERVER__HEARTBEAT_INTERVAL_MS", "1000").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut alive = ada.connect().await;
    let mut silent = ada.at(plaza.b()).connect().await;
    assert_eq!(silent.expect_type("hello").await["heartbeat_interval_ms"], 1_000);
    let code = loop {
        alive.settle().await;
        if let Some(code) = silent.ends_within(Duration::from_millis(300)).await {
            break code;
        }
    };
    assert_eq!(code, 4408);
    alive.settle().await;
}
