//! Receipts: who learns how far somebody has read.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    who_read_a_message_is_told_live_and_asked_for_later,
    who_shows_no_receipts_reads_unseen_and_keeps_their_own_devices_in_step,
    the_receipts_of_a_message_are_for_members,
);

async fn read(socket: &mut Socket, room: &str, message: &Value) {
    socket.send(json!({ "type": "read", "room_id": room, "seq": message["seq"] })).await;
}

async fn receipts(user: &User, message: &Value) -> Value {
    user.api.get(&receipts_of(message)).await.expect(200)
}

fn receipts_of(message: &Value) -> String {
    format!("/messages/{}/receipts", message["id"].as_str().expect("an id"))
}

/// A socket that follows a room, and what it was told of the others' cursors.
async fn follow(user: &User, room: &str) -> (Socket, Value) {
    let mut socket = user.connect_to(room).await;
    let subscribed = socket.expect_type("subscribed").await;
    socket.expect_type("synced").await;
    (socket, subscribed["cursors"].clone())
}

/// How far the user has read, as a list of members or cursors tells.
fn cursor(list: &Value, user: &User) -> Option<Value> {
    let id = |entry: &Value| entry.get("user_id").unwrap_or(&entry["user"]["id"]).clone();
    let entry = list.as_array().expect("a list").iter().find(|entry| id(entry) == user.id.as_str());
    entry.map(|entry| entry["read_seq"].clone())
}

async fn who_read_a_message_is_told_live_and_asked_for_later(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let eve = User::register(plaza.b(), "eve").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    eve.join(&room).await;
    let said = ada.say(&room, "read this").await;
    let (mut hers, _) = follow(&ada, &room).await;
    let (mut his, _) = follow(&bob, &room).await;
    assert_eq!(receipts(&ada, &said).await["read_count"], 0);

    read(&mut his, &room, &said).await;
    let told = hers.expect_type("read_receipt").await;
    assert_eq!((&told["user_id"], &told["seq"]), (&json!(bob.id), &said["seq"]));
    for asking in [&ada, &eve.at(plaza.a())] {
        let receipts = receipts(asking, &said).await;
        assert_eq!(receipts["counts_only"], false);
        assert_eq!(receipts["member_count"], 2);
        assert_eq!(receipts["delivered_count"], 1);
        assert_eq!(receipts["read_count"], 1);
        assert_eq!(receipts["items"][0]["user"]["username"], "bob");
        assert_eq!(receipts["items"][0]["is_read"], true);
        assert_eq!(receipts["items"][0]["read_at"], told["read_at"]);
        assert_eq!(receipts["items"][1]["is_delivered"], false);
        assert_eq!(receipts["items"][1]["read_at"], json!(null));
    }
}

async fn who_shows_no_receipts_reads_unseen_and_keeps_their_own_devices_in_step(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let first = ada.say(&room, "seen").await;
    let (mut hers, _) = follow(&ada, &room).await;
    let (mut phone, _) = follow(&bob, &room).await;
    let (mut laptop, _) = follow(&bob.at(plaza.a()), &room).await;
    read(&mut phone, &room, &first).await;
    hers.expect_type("read_receipt").await;
    laptop.expect_type("read_receipt").await;

    let hidden = json!({ "shows_receipts": false });
    let preferences = bob.api.put("/users/me/preferences", &hidden).await.expect(200);
    assert_eq!(preferences, hidden);
    let second = ada.say(&room, "unseen").await;
    read(&mut phone, &room, &second).await;
    for device in [&mut phone, &mut laptop] {
        let told = device
            .expect("a receipt", |frame| frame["seq"] == second["seq"] && frame["type"] == "read_receipt");
        assert_eq!(told.await["user_id"], bob.id.as_str());
    }
    // What the same instance tells later shows that it did not tell this.
    let third = ada.at(plaza.b()).say(&room, "done").await;
    let is_third = |frame: &Value| frame["type"] == "message" && frame["seq"] == third["seq"];
    let (_, before) = hers.collect_until("the third message", is_third).await;
    assert!(before.iter().all(|frame| frame["type"] != "read_receipt"), "{before:?}");

    for message in [&first, &second] {
        let receipts = receipts(&ada, message).await;
        assert_eq!(receipts["items"], json!([]));
        assert_eq!((&receipts["read_count"], &receipts["member_count"]), (&json!(0), &json!(1)));
    }
    let members = ada.api.get(&format!("/rooms/{room}/members")).await.expect(200);
    assert_eq!(cursor(&members["items"], &bob), Some(json!(null)));
    let (_, cursors) = follow(&ada, &room).await;
    assert_eq!(cursor(&cursors, &bob), None);
    let own = bob.at(plaza.a()).api.get(&format!("/rooms/{room}")).await.expect(200);
    assert_eq!((&own["membership"]["read_seq"], &own["membership"]["unread"]), (&second["seq"], &json!(1)));

    let shown = json!({ "shows_receipts": true });
    bob.at(plaza.a()).api.put("/users/me/preferences", &shown).await.expect(200);
    assert_eq!(receipts(&ada, &second).await["items"][0]["is_read"], true);
    assert_eq!(receipts(&ada, &second).await["items"][0]["read_at"], json!(null));
}

async fn the_receipts_of_a_message_are_for_members(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    let said = ada.say(&room, "between us").await;
    bob.api.get(&receipts_of(&said)).await.expect_problem(404);
    bob.join(&room).await;
    // Who came later sees whom it was for, and is not among them.
    assert_eq!(receipts(&bob, &said).await["member_count"], 0);
}
