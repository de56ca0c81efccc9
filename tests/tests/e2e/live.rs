//! Live chat: frames between the clients of all instances.

use std::time::{Duration, Instant};

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    a_message_reaches_the_members_at_every_instance,
    the_ack_comes_before_ones_own_message,
    a_repeated_send_is_acknowledged_with_the_originals_place,
    many_messages_from_both_sides_arrive_in_one_order,
    an_edit_and_a_deletion_reach_everybody,
    typing_reaches_the_others_and_reading_everybody,
    typing_that_is_not_repeated_is_taken_back,
    typing_ends_with_the_connection_of_who_types,
    what_happens_in_a_room_over_rest_is_told_on_sockets,
    who_is_removed_is_told_nothing_more,
    an_upload_is_told_to_its_owner_when_it_is_processed,
);

/// Two members of a room, connected to it at two instances.
async fn chat(plaza: &Plaza) -> (User, Socket, User, Socket, String) {
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut hers = ada.connect_to(&room).await;
    let mut his = bob.connect().await;
    his.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    for socket in [&mut hers, &mut his] {
        let synced = socket.expect_type("synced").await;
        assert_eq!(synced["room_id"], room.as_str());
    }
    (ada, hers, bob, his, room)
}

fn is_message(content: &str) -> impl Fn(&Value) -> bool + '_ {
    move |frame| frame["type"] == "message" && frame["message"]["content"] == content
}

async fn a_message_reaches_the_members_at_every_instance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, mut hers, bob, mut his, room) = chat(&plaza).await;
    hers.send(json!({ "type": "message", "content": "hello", "client_id": "c-1", "id": 7 })).await;
    let ack = hers.expect_type("ack").await;
    assert_eq!((&ack["id"], &ack["client_id"]), (&json!(7), &json!("c-1")));
    assert!(ack.get("duplicate").is_none());
    let frame = his.expect("hello", is_message("hello")).await;
    let message = &frame["message"];
    for field in ["room_id", "seq", "version"] {
        assert_eq!(frame[field], message[field], "{field}");
        assert_eq!(frame[field], ack[field], "{field}");
    }
    assert_eq!(message["id"], ack["message_id"]);
    assert_eq!(message["sender"]["username"], "ada");
    let path = format!("/messages/{}", message["id"].as_str().expect("an id"));
    assert_eq!(&bob.api.get(&path).await.expect(200), message, "the same object that REST returns");

    his.send(json!({ "type": "group_message", "room_id": room, "content": "hello yourself" })).await;
    hers.expect("the answer", is_message("hello yourself")).await;
    assert_eq!(ada.words(&room).await, ["hello", "hello yourself"]);
}

async fn the_ack_comes_before_ones_own_message(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (_, mut hers, _, _his, _) = chat(&plaza).await;
    for number in 0..50 {
        let client_id = format!("c-{number}");
        hers.send(json!({ "type": "message", "content": "x", "client_id": client_id })).await;
    }
    for number in 0..50 {
        let client_id = format!("c-{number}");
        let is_own = |frame: &Value| frame["message"]["client_id"] == client_id.as_str();
        let is_ack = |frame: &Value| frame["type"] == "ack" && frame["client_id"] == client_id.as_str();
        let (_, before) = hers.collect_until("ack", is_ack).await;
        assert!(!before.iter().any(is_own), "message {client_id} came before its ack");
    }
}

async fn a_repeated_send_is_acknowledged_with_the_originals_place(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, mut hers, _, mut his, room) = chat(&plaza).await;
    let send = json!({ "type": "message", "room_id": room, "content": "once", "client_id": "c-1" });
    hers.send(send.clone()).await;
    let first = hers.expect_type("ack").await;
    let mut elsewhere = ada.at(plaza.b()).connect().await;
    elsewhere.send(send).await;
    let second = elsewhere.expect_type("ack").await;
    assert_eq!(second["duplicate"], true);
    for field in ["message_id", "room_id", "seq", "version", "created_at"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    hers.send(json!({ "type": "message", "content": "end" })).await;
    let (_, before) = his.collect_until("end", is_message("end")).await;
    assert_eq!(before.iter().filter(|frame| is_message("once")(frame)).count(), 1);
}

async fn many_messages_from_both_sides_arrive_in_one_order(setup: Setup) {
    const EACH: usize = 200;
    let plaza = Plaza::start(setup).await;
    let (_, mut hers, _, mut his, room) = chat(&plaza).await;
    for number in 0..EACH {
        for (socket, name) in [(&mut hers, "ada"), (&mut his, "bob")] {
            let content = format!("{name} {number}");
            socket.send(json!({ "type": "message", "room_id": room, "content": content })).await;
        }
    }
    let mut orders = Vec::new();
    for socket in [&mut hers, &mut his] {
        let mut order = Vec::new();
        while order.len() < 2 * EACH {
            let frame = socket.expect_type("message").await;
            order.push((frame["seq"].as_i64(), frame["message"]["content"].clone()));
        }
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    let seqs: Vec<_> = orders[0].iter().map(|(seq, _)| *seq).collect();
    let expected: Vec<_> = (2..).take(2 * EACH).map(Some).collect();
    assert_eq!(seqs, expected);
    let of_ada: Vec<_> = orders[0]
        .iter()
        .filter_map(|(_, content)| content.as_str()?.strip_prefix("ada "))
        .map(|number| number.parse::<usize>().ok())
        .collect();
    assert_eq!(of_ada, (0..EACH).map(Some).collect::<Vec<_>>(), "one sender's messages keep their order");
}

async fn an_edit_and_a_deletion_reach_everybody(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (_, mut hers, bob, mut his, room) = chat(&plaza).await;
    hers.send(json!({ "type": "message", "content": "helo" })).await;
    let id = hers.expect_type("ack").await["message_id"].clone();
    hers.send(json!({ "type": "edit", "message_id": id, "content": "hello" })).await;
    let ack = hers.expect_type("ack").await;
    for socket in [&mut hers, &mut his] {
        let updated = socket.expect_type("message_updated").await;
        assert_eq!(updated["message"]["content"], "hello");
        assert_eq!(updated["version"], ack["version"]);
    }
    his.send(json!({ "type": "delete", "message_id": id, "id": "d" })).await;
    let error = his.expect_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("forbidden"), &json!("d")));

    hers.send(json!({ "type": "delete", "message_id": id })).await;
    for socket in [&mut hers, &mut his] {
        let deleted = socket.expect_type("message_deleted").await;
        assert_eq!(deleted["message"]["content"], "");
        assert!(deleted["message"]["deleted_at"].is_string());
    }
    assert_eq!(bob.words(&room).await, [""]);
}

async fn typing_reaches_the_others_and_reading_everybody(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, mut hers, bob, mut his, room) = chat(&plaza).await;
    hers.send(json!({ "type": "typing" })).await;
    let typing = his.expect_type("typing").await;
    assert_eq!(typing["user_id"], ada.id.as_str());
    assert_eq!((&typing["room_id"], &typing["active"]), (&json!(room), &json!(true)));

    hers.send(json!({ "type": "message", "content": "read me" })).await;
    let frame = his.expect("read me", is_message("read me")).await;
    his.send(json!({ "type": "read", "room_id": room, "seq": frame["seq"] })).await;
    let (receipt, before) = hers.collect_until("read_receipt", |frame| frame["type"] == "read_receipt").await;
    assert_eq!(receipt["user_id"], bob.id.as_str());
    assert_eq!(receipt["seq"], frame["seq"]);
    assert!(!before.iter().any(|frame| frame["type"] == "typing"), "one's own typing is not told");

    let mut later = ada.connect_to(&room).await;
    let subscribed = later.expect_type("subscribed").await;
    let cursor = json!({ "user_id": bob.id, "read_seq": frame["seq"] });
    let cursors = subscribed["cursors"].as_array().expect("cursors");
    assert!(cursors.contains(&cursor), "{subscribed}");
}

async fn typing_that_is_not_repeated_is_taken_back(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, mut hers, _, mut his, _) = chat(&plaza).await;
    let told = Instant::now();
    for _ in 0..5 {
        hers.send(json!({ "type": "typing" })).await;
    }
    assert_eq!(his.expect_type("typing").await["active"], true);
    let (ended, before) = his.collect_until("typing", |frame| frame["type"] == "typing").await;
    assert_eq!((&ended["user_id"], &ended["active"]), (&json!(ada.id), &json!(false)), "after {before:?}");
    assert!(told.elapsed() >= Duration::from_secs(6), "{:?}", told.elapsed());
    let own = hers.settle().await;
    assert!(own.iter().all(|frame| frame["type"] != "typing"), "{own:?}");
}

async fn typing_ends_with_the_connection_of_who_types(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (_, mut hers, _, mut his, _) = chat(&plaza).await;
    hers.send(json!({ "type": "typing" })).await;
    assert_eq!(his.expect_type("typing").await["active"], true);
    let gone = Instant::now();
    hers.close().await;
    assert_eq!(his.expect_type("typing").await["active"], false);
    assert!(gone.elapsed() < Duration::from_secs(5), "it did not wait for the end of its time");
}

async fn what_happens_in_a_room_over_rest_is_told_on_sockets(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, _, _, mut his, room) = chat(&plaza).await;
    let cem = User::register(plaza.a(), "cem").await;
    ada.say(&room, "over REST").await;
    his.expect("over REST", is_message("over REST")).await;
    cem.join(&room).await;
    let joined = his.expect_type("member_joined").await;
    assert_eq!(joined["user"]["username"], "cem");
    let role = format!("/rooms/{room}/members/{}", cem.id);
    ada.api.patch(&role, &json!({ "role": "admin" })).await.expect(200);
    assert_eq!(his.expect_type("member_updated").await["role"], "admin");
    let path = format!("/rooms/{room}");
    ada.api.patch(&path, &json!({ "name": "library" })).await.expect(200);
    assert_eq!(his.expect_type("room_updated").await["room"]["name"], "library");
    ada.api.delete(&role).await.expect(204);
    assert_eq!(his.expect_type("member_left").await["user"]["username"], "cem");
    ada.api.delete(&path).await.expect(204);
    assert_eq!(his.expect_type("room_deleted").await["room_id"], room.as_str());
}

async fn who_is_removed_is_told_nothing_more(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, mut hers, bob, mut his, room) = chat(&plaza).await;
    let member = format!("/rooms/{room}/members/{}", bob.id);
    ada.api.delete(&member).await.expect(204);
    hers.expect_type("member_left").await;
    his.expect("the news", |frame| ["member_left", "unsubscribed"].iter().any(|kind| frame["type"] == *kind))
        .await;
    hers.send(json!({ "type": "message", "content": "just us" })).await;
    hers.expect("just us", is_message("just us")).await;
    his.send(json!({ "type": "message", "room_id": room, "content": "me too" })).await;
    let (error, before) = his.collect_until("error", |frame| frame["type"] == "error").await;
    assert_eq!(error["code"], "not_found");
    let before: Vec<_> = before.into_iter().chain(his.settle().await).collect();
    assert!(!before.iter().any(is_message("just us")), "{before:?}");
}

async fn an_upload_is_told_to_its_owner_when_it_is_processed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.expect_type("hello").await;
    let picture = plaza_tests::pictures::photograph(640, 480, 1);
    let file_id = ada.upload_accepted("photo.jpg", picture).await;
    let told = socket
        .expect("a processed file", |frame| frame["type"] == "file" && frame["status"] == "completed")
        .await;
    assert_eq!(told["file_id"], file_id.as_str());
    assert_eq!(crate::files::sorted(&told["variants"]), ["preview", "thumbnail"]);
}
