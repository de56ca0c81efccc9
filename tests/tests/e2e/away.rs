//! Away for days: what happened meanwhile arrives once, as it is now, or is fetched where it is too much.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    who_was_away_gets_everything_once_in_its_latest_state,
    who_was_away_too_long_is_reset_and_pages_through_the_history,
);

const MESSAGES: usize = 300;

/// Three hundred messages, of which every tenth was edited and every fifteenth deleted; by `seq` what they say now.
async fn talk(ada: &User, room: &str) -> BTreeMap<i64, Option<String>> {
    let posting = |number| async move { ada.say(room, &format!("message {number}")).await };
    let said: Vec<Value> = stream::iter((0..MESSAGES).map(posting)).buffered(8).collect().await;
    let mut expected = BTreeMap::new();
    for (number, message) in said.iter().enumerate() {
        let path = format!("/messages/{}", message["id"].as_str().expect("an id"));
        let mut says = message["content"].as_str().map(str::to_owned);
        if number % 10 == 0 {
            let edited = format!("message {number}, edited");
            ada.api.patch(&path, &json!({ "content": edited })).await.expect(200);
            says = Some(edited);
        }
        if number % 15 == 0 {
            ada.api.delete(&path).await.expect(204);
            says = None;
        }
        expected.insert(message["seq"].as_i64().expect("a seq"), says);
    }
    expected
}

/// What a message says; nothing when it is a tombstone.
fn says(message: &Value) -> Option<String> {
    message["deleted_at"].is_null().then(|| message["content"].as_str().unwrap_or_default().to_owned())
}

/// Follows a room without saying what is known, and tells the server that all of it has arrived.
async fn catch_up(user: &User, room: &str) -> (Value, Vec<Value>) {
    let mut socket = user.connect().await;
    socket.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    let (synced, frames) = socket.collect_until("synced", |frame| frame["type"] == "synced").await;
    tell_seen(&mut socket, room, &synced["version"]).await;
    socket.close().await;
    (synced, frames)
}

async fn tell_seen(socket: &mut Socket, room: &str, version: &Value) {
    let mut seen = json!({});
    seen[room] = version.clone();
    socket.send(json!({ "type": "heartbeat", "seen": seen })).await;
    socket.expect_type("heartbeat_ack").await;
    // The cursor is moved after the answer; what is answered next is answered when it was.
    socket.settle().await;
}

async fn who_was_away_gets_everything_once_in_its_latest_state(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    ada.say(&room, "while bob is there").await;
    catch_up(&bob, &room).await;

    let mut expected = talk(&ada, &room).await;
    let (_, frames) = catch_up(&bob, &room).await;
    let told = frames.iter().filter(|frame| frame["message"].is_object());
    let mut last_version = 0;
    for frame in told {
        let version = frame["version"].as_i64().expect("a version");
        assert!(version > last_version, "{version} came after {last_version}");
        last_version = version;
        let seq = frame["message"]["seq"].as_i64().expect("a seq");
        let says_now =
            expected.remove(&seq).unwrap_or_else(|| panic!("{seq} was not expected, or came twice"));
        assert_eq!(says(&frame["message"]), says_now, "{seq}");
        let kind = if says_now.is_some() { "message" } else { "message_deleted" };
        assert_eq!(frame["type"], kind, "{seq}");
    }
    assert!(expected.is_empty(), "missing: {expected:?}");

    let (_, again) = catch_up(&bob.at(plaza.a()), &room).await;
    assert!(again.iter().all(|frame| frame["type"] != "message"), "told as new twice: {again:?}");
}

async fn who_was_away_too_long_is_reset_and_pages_through_the_history(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_LIMITS__MAX_REPLAY", "100").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    catch_up(&bob, &room).await;
    let known = bob.history(&room, "?limit=1").await[0]["seq"].as_i64().expect("a seq");

    let expected = talk(&ada, &room).await;
    let (synced, frames) = catch_up(&bob, &room).await;
    let reset = frames.iter().find(|frame| frame["type"] == "reset").expect("a reset");
    assert_eq!(reset["version"], synced["version"]);
    assert!(frames.iter().all(|frame| frame["message"].is_null()), "{frames:?}");

    let mut fetched = BTreeMap::new();
    let mut after = known;
    while reset["last_seq"] != after {
        let page = bob.history(&room, &format!("?after={after}&limit=100")).await;
        assert!(!page.is_empty(), "the history ends at {after}");
        for message in page {
            let seq = message["seq"].as_i64().expect("a seq");
            assert_eq!(seq, after + 1, "a hole in the history");
            after = seq;
            fetched.insert(seq, says(&message));
        }
    }
    assert_eq!(fetched, expected);
}
