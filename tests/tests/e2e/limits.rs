//! How often: what is refused, what that costs, and when a connection is closed for it.

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Ended, Socket, User},
    servers::wait::until,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

both_setups!(
    far_over_the_limit_of_messages_a_connection_is_closed_with_4429,
    every_frame_counts_whatever_it_asks_for,
    a_connection_that_never_stops_is_closed_with_4429,
    following_a_room_has_a_price_of_its_own,
);

async fn limited(setup: Setup, name: &str, quota: &str) -> Plaza {
    let name = format!("PLAZA_LIMITS__{name}");
    Options::new(setup).variable("PLAZA_LIMITS__ENABLED", "true").variable(&name, quota).start().await
}

/// Sends without waiting for answers, as long as the connection lives.
async fn flood(socket: &mut Socket, count: usize, frame: impl Fn(usize) -> Value) {
    for number in 0..count {
        if socket.try_send(Message::text(frame(number).to_string())).await.is_err() {
            break;
        }
    }
}

/// How many frames were refused before the connection was closed, and with which code. Ten times the quota, and a few
/// more when that took long.
async fn refused_until_closed(socket: &mut Socket) -> (usize, u16) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut refused = 0;
    loop {
        match socket.next_before(deadline).await.expect("the connection is closed") {
            Ok(frame) => refused += usize::from(frame["code"] == "rate_limited"),
            Err(Ended::Closed(code)) => return (refused, code),
            Err(Ended::Broken(error)) => panic!("the connection broke: {error}"),
        }
    }
}

async fn far_over_the_limit_of_messages_a_connection_is_closed_with_4429(setup: Setup) {
    let plaza = limited(setup, "ROOM_MESSAGES_PER_USER", "2").await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut socket = ada.at(plaza.b()).connect_to(&room).await;
    socket.expect_type("synced").await;
    flood(&mut socket, 60, |number| json!({ "type": "message", "content": format!("{number}") })).await;
    let (refused, code) = refused_until_closed(&mut socket).await;
    assert_eq!(code, 4429);
    assert!((20..=25).contains(&refused), "{refused} were refused");
    // What was accepted is stored, also when its acknowledgement was overtaken by the end of the connection.
    let stored = until(Duration::from_secs(20), || async {
        let words = ada.words(&room).await;
        if words.len() >= 2 { Ok(words) } else { Err(words) }
    });
    assert_eq!(stored.await, Ok(vec!["0".to_owned(), "1".to_owned()]), "and nothing else is");
}

async fn every_frame_counts_whatever_it_asks_for(setup: Setup) {
    let plaza = limited(setup, "FRAMES_PER_CONNECTION", "9").await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let id = ada.say(&room, "hello").await["id"].clone();
    let mut socket = ada.at(plaza.b()).connect_to(&room).await;
    socket.expect_type("synced").await;
    for frame in [
        json!({ "type": "typing" }),
        json!({ "type": "read", "seq": 1 }),
        json!({ "type": "edit", "message_id": id, "content": "hello there" }),
        json!({ "type": "delete", "message_id": id }),
        json!({ "type": "unsubscribe", "rooms": [] }),
        json!({ "type": "subscribe", "rooms": [] }),
        json!({ "type": "dance" }),
        json!([]),
        json!({ "type": "heartbeat" }),
    ] {
        socket.send(frame).await;
    }
    socket.expect_type("heartbeat_ack").await;
    // On a slow machine the budget has grown meanwhile.
    flood(&mut socket, 5, |_| json!({ "type": "heartbeat" })).await;
    for kind in ["heartbeat", "typing", "dance", "message"] {
        socket.send(json!({ "type": kind, "content": "too much", "id": kind })).await;
        let error = socket.expect("an error", |frame| frame["type"] == "error" && frame["id"] == kind).await;
        assert_eq!(error["code"], "rate_limited", "{error}");
        assert!(error["retry_after_ms"].as_u64().is_some_and(|ms| (1..=60_000).contains(&ms)), "{error}");
    }
    assert_eq!(ada.words(&room).await, [""]);
}

async fn a_connection_that_never_stops_is_closed_with_4429(setup: Setup) {
    let plaza = limited(setup, "FRAMES_PER_CONNECTION", "5").await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.expect_type("hello").await;
    flood(&mut socket, 120, |_| json!({ "type": "heartbeat" })).await;
    let (refused, code) = refused_until_closed(&mut socket).await;
    assert_eq!(code, 4429);
    assert!((50..=60).contains(&refused), "{refused} were refused");
}

async fn following_a_room_has_a_price_of_its_own(setup: Setup) {
    let plaza = limited(setup, "SUBSCRIPTIONS_PER_CONNECTION", "2").await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut rooms = Vec::new();
    for name in ["one", "two", "three"] {
        rooms.push(ada.open_room(name).await);
    }
    let mut socket = ada.at(plaza.b()).connect().await;
    let named: Vec<_> = rooms.iter().map(|room_id| json!({ "room_id": room_id })).collect();
    socket.send(json!({ "type": "subscribe", "id": "s", "rooms": named })).await;
    let (error, before) = socket.collect_until("error", |frame| frame["type"] == "error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("rate_limited"), &json!("s")));
    assert_eq!(error["room_id"], rooms[2].as_str());
    assert_eq!(before.iter().filter(|frame| frame["type"] == "synced").count(), 2);
    socket.settle().await;
}
