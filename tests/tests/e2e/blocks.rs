//! Blocks: nothing is said any more between two users, and the blocked one is not told.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    a_block_stops_messages_both_ways_until_it_is_taken_back,
    in_a_closed_room_typing_and_reading_are_not_told,
    blocks_are_listed_to_who_made_them,
    rooms_with_others_are_as_they_were,
);

const NEUTRAL: &str = "messages to this user cannot be sent";

/// Two users at two instances, and their direct room.
async fn conversation(plaza: &Plaza) -> (User, User, String) {
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.api.post("/rooms/direct", &json!({ "user_id": bob.id })).await.expect(201);
    (ada, bob, room["id"].as_str().expect("an id").to_owned())
}

fn block_path(user: &User) -> String {
    format!("/users/{}/block", user.id)
}

async fn block(user: &User, other: &User) {
    user.api.put(&block_path(other), &Value::Null).await.expect(204);
}

async fn follow(user: &User, room: &str) -> Socket {
    let mut socket = user.connect().await;
    socket.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    socket.expect_type("synced").await;
    socket
}

async fn a_block_stops_messages_both_ways_until_it_is_taken_back(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = conversation(&plaza).await;
    let (hers, his) = (ada.say(&room, "hello").await, bob.say(&room, "hi").await);
    let mut sockets = [follow(&ada, &room).await, follow(&bob, &room).await];
    block(&ada, &bob).await;
    let mut answers = Vec::new();
    for ((user, peer, own), socket) in [(&ada, &bob, &hers), (&bob, &ada, &his)].into_iter().zip(&mut sockets)
    {
        let own = format!("/messages/{}", own["id"].as_str().expect("an id"));
        let mut said = vec![
            user.post_message(&room, &json!({ "content": "still there?" })).await.expect_problem(403),
            user.api.patch(&own, &json!({ "content": "else" })).await.expect_problem(403),
        ];
        for frame in [
            json!({ "type": "message", "to": peer.id, "content": "x" }),
            json!({ "type": "message", "room_id": room, "content": "x" }),
            json!({ "type": "typing", "room_id": room }),
        ] {
            socket.send(frame).await;
            let error = socket.expect_type("error").await;
            assert_eq!(error["code"], "forbidden");
            said.push(error);
        }
        // Opening is possible for both, and shows the same room.
        let opened = user.api.post("/rooms/direct", &json!({ "user_id": peer.id })).await.expect(200);
        assert_eq!(opened["id"], room.as_str());
        assert_eq!(user.words(&room).await, ["hello", "hi"]);
        let sentence = |answer: &Value| answer.get("detail").unwrap_or(&answer["reason"]).clone();
        answers.push(said.iter().map(sentence).collect::<Vec<_>>());
    }
    assert_eq!(answers[0], vec![json!(NEUTRAL); 5]);
    assert_eq!(answers[1], answers[0]);
    bob.api.delete(&format!("/messages/{}", his["id"].as_str().expect("an id"))).await.expect(204);

    ada.api.delete(&block_path(&bob)).await.expect(204);
    ada.api.delete(&block_path(&bob)).await.expect(204);
    bob.say(&room, "there you are").await;
    let [hers, _] = &mut sockets;
    hers.expect("there you are", |frame| frame["message"]["content"] == "there you are").await;
}

async fn in_a_closed_room_typing_and_reading_are_not_told(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = conversation(&plaza).await;
    let last = ada.say(&room, "hello").await["seq"].clone();
    let (mut hers, mut his) = (follow(&ada, &room).await, follow(&bob, &room).await);
    block(&bob, &ada).await;
    his.send(json!({ "type": "read", "room_id": room, "seq": last })).await;
    his.send(json!({ "type": "typing", "room_id": room })).await;
    his.expect_type("error").await;
    bob.api.delete(&block_path(&ada)).await.expect(204);
    // What comes next comes after what was not told.
    his.send(json!({ "type": "message", "room_id": room, "content": "end" })).await;
    let is_end = |frame: &Value| frame["message"]["content"] == "end";
    let (_, before) = hers.collect_until("end", is_end).await;
    let kinds: Vec<_> = before.iter().filter_map(|frame| frame["type"].as_str()).collect();
    assert!(!kinds.contains(&"read_receipt") && !kinds.contains(&"typing"), "{kinds:?}");
    // One's own place is one's own, though.
    his.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    assert_eq!(his.expect_type("subscribed").await["read_seq"], last);
}

async fn blocks_are_listed_to_who_made_them(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = conversation(&plaza).await;
    let cem = User::register(plaza.a(), "cem").await;
    for _ in 0..2 {
        block(&ada, &bob).await;
    }
    block(&ada, &cem).await;
    let first = ada.api.get("/users/me/blocks?limit=1").await.expect(200);
    assert_eq!(first["items"][0]["user"]["username"], "bob");
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second =
        ada.at(plaza.b()).api.get(&format!("/users/me/blocks?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(second["items"][0]["user"]["username"], "cem");
    assert_eq!(second["next_cursor"], Value::Null);
    assert_eq!(bob.api.get("/users/me/blocks").await.expect(200)["items"], json!([]));
    for (path, status) in [(block_path(&ada), 422), (format!("/users/{room}/block"), 404)] {
        ada.api.put(&path, &Value::Null).await.expect_problem(status);
        ada.api.delete(&path).await.expect_problem(status);
    }
}

async fn rooms_with_others_are_as_they_were(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, _) = conversation(&plaza).await;
    let lounge = ada.open_room("lounge").await;
    bob.join(&lounge).await;
    let (mut hers, mut his) = (ada.connect_to(&lounge).await, bob.connect_to(&lounge).await);
    for socket in [&mut hers, &mut his] {
        socket.expect_type("synced").await;
    }
    block(&ada, &bob).await;
    his.send(json!({ "type": "typing" })).await;
    assert_eq!(hers.expect_type("typing").await["user_id"], bob.id.as_str());
    his.send(json!({ "type": "message", "content": "hello" })).await;
    hers.expect("hello", |frame| frame["message"]["content"] == "hello").await;
}
