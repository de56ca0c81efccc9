//! Coming back: what was missed arrives, in order, once, and then what is new.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Ended, Socket, User},
};
use serde_json::{Value, json};
use tokio::time::Instant;

both_setups!(
    a_client_that_comes_back_gets_what_it_missed_and_then_goes_on_live,
    without_a_version_a_client_gets_what_was_not_delivered_yet,
    a_client_that_missed_too_much_is_told_to_begin_anew,
    an_unsubscribed_room_is_silent,
    an_instance_that_restarts_keeps_everything,
    a_client_that_does_not_read_is_sent_away_and_comes_back_without_a_gap,
);

async fn subscribe(socket: &mut Socket, room: &str, since: &Value) {
    socket.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room, "since": since }] })).await;
}

/// The frames between `subscribed` and `synced`, without those that are not of the room's history.
async fn replayed(socket: &mut Socket) -> (Vec<Value>, Value) {
    socket.expect_type("subscribed").await;
    let (synced, mut frames) = socket.collect_until("synced", |frame| frame["type"] == "synced").await;
    frames.retain(|frame| frame["version"].is_i64());
    (frames, synced)
}

async fn a_client_that_comes_back_gets_what_it_missed_and_then_goes_on_live(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let known = ada.say(&room, "known").await;
    let mut socket = bob.connect_to(&room).await;
    let since = socket.expect_type("synced").await["version"].clone();
    socket.close().await;

    let missed = ada.say(&room, "missed").await;
    let edit = json!({ "content": "known better" });
    let path = format!("/messages/{}", known["id"].as_str().expect("an id"));
    ada.api.patch(&path, &edit).await.expect(200);
    let mut socket = bob.at(plaza.a()).connect().await;
    subscribe(&mut socket, &room, &since).await;
    let (frames, synced) = replayed(&mut socket).await;
    let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str()).collect();
    assert_eq!(kinds, [Some("message"), Some("message_updated")]);
    assert_eq!(frames[0]["message"], missed);
    assert_eq!(frames[1]["message"]["content"], "known better");
    assert_eq!(frames[1]["version"], synced["version"]);

    let live = ada.at(plaza.b()).say(&room, "live").await;
    let frame = socket.expect_type("message").await;
    assert_eq!(frame["message"], live);
}

async fn without_a_version_a_client_gets_what_was_not_delivered_yet(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    ada.say(&room, "one").await;
    let mut socket = bob.connect_to(&room).await;
    socket.expect_type("hello").await;
    let (frames, synced) = replayed(&mut socket).await;
    assert!(frames.iter().any(|frame| frame["message"]["content"] == "one"), "{frames:?}");
    let mut seen = json!({});
    seen[&room] = synced["version"].clone();
    socket.send(json!({ "type": "heartbeat", "seen": seen })).await;
    socket.expect_type("heartbeat_ack").await;
    socket.settle().await;
    socket.close().await;

    ada.say(&room, "two").await;
    let mut socket = bob.at(plaza.a()).connect_to(&room).await;
    socket.expect_type("hello").await;
    let (frames, _) = replayed(&mut socket).await;
    let words: Vec<_> = frames.iter().map(|frame| frame["message"]["content"].as_str()).collect();
    assert_eq!(words, [Some("two")]);
}

async fn a_client_that_missed_too_much_is_told_to_begin_anew(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_LIMITS__MAX_REPLAY", "5").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    for number in 0..10 {
        ada.say(&room, &format!("{number}")).await;
    }
    let mut socket = ada.at(plaza.b()).connect().await;
    subscribe(&mut socket, &room, &json!(1)).await;
    let reset = socket.expect_type("reset").await;
    assert_eq!(reset["last_seq"], 10);
    let synced = socket.expect_type("synced").await;
    assert_eq!(synced["version"], reset["version"]);
    let live = ada.say(&room, "live").await;
    assert_eq!(socket.expect_type("message").await["message"], live);
}

async fn an_unsubscribed_room_is_silent(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let (quiet, loud) = (ada.open_room("quiet").await, ada.open_room("loud").await);
    let mut socket = ada.at(plaza.b()).connect().await;
    for room in [&quiet, &loud] {
        subscribe(&mut socket, room, &json!(0)).await;
        socket.expect_type("synced").await;
    }
    socket.send(json!({ "type": "unsubscribe", "rooms": [quiet] })).await;
    let unsubscribed = socket.expect_type("unsubscribed").await;
    assert_eq!(unsubscribed["room_id"], quiet.as_str());
    ada.say(&quiet, "unheard").await;
    ada.say(&loud, "heard").await;
    let (heard, before) = socket.collect_until("message", |frame| frame["type"] == "message").await;
    assert_eq!(heard["message"]["content"], "heard");
    assert!(before.iter().all(|frame| frame["room_id"] != quiet.as_str()), "{before:?}");
}

async fn an_instance_that_restarts_keeps_everything(setup: Setup) {
    let mut plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.connect_to(&room).await;
    let since = socket.expect_type("synced").await["version"].clone();
    let said = ada.say(&room, "durable").await;
    plaza.kill(0);
    plaza.restart(0).await;

    assert_eq!(ada.words(&room).await, ["durable"], "the token is still good, too");
    let mut socket = ada.connect().await;
    subscribe(&mut socket, &room, &since).await;
    let (frames, _) = replayed(&mut socket).await;
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["message"], said);
    let again = User::log_in(plaza.a(), "ada").await;
    assert_eq!(again.id, ada.id);
}

async fn a_client_that_does_not_read_is_sent_away_and_comes_back_without_a_gap(setup: Setup) {
    // Far more than the buffers between a server and a client hold.
    const BATCHES: usize = 40;
    const BATCH: usize = 100;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut slow = bob.connect_to(&room).await;
    let mut version = slow.expect_type("synced").await["version"].as_i64().expect("a version");

    let long = json!({ "content": "x".repeat(4000) });
    for _ in 0..BATCHES {
        let posting = (0..BATCH).map(|_| ada.post_message(&room, &long));
        for posted in futures::future::join_all(posting).await {
            posted.expect(201);
        }
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut seen = 0;
    let ended = loop {
        match slow.next_before(deadline).await.expect("the connection ends") {
            Ok(frame) if frame["type"] == "presence" => {}
            Ok(frame) => {
                version += 1;
                assert_eq!(frame["version"], version, "a hole before the end of the connection");
                seen += 1;
            }
            Err(ended) => break ended,
        }
    };
    // Who goes on reading nothing is not told why: after three seconds the connection is cut.
    assert!(matches!(ended, Ended::Closed(4508) | Ended::Broken(_)), "{ended:?}");
    assert!(seen < BATCHES * BATCH);

    let mut again = bob.connect().await;
    subscribe(&mut again, &room, &json!(version)).await;
    let (missed, synced) = replayed(&mut again).await;
    assert_eq!(seen + missed.len(), BATCHES * BATCH);
    for frame in &missed {
        version += 1;
        assert_eq!(frame["version"], version, "a hole after coming back");
    }
    assert_eq!(synced["version"], version);
}
