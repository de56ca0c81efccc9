//! Direct messages: one room for each pair, which nobody else finds, and which needs no subscribing.

use std::time::Duration;

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Answer, Socket, User},
};
use serde_json::{Value, json};
use tokio::time::Instant;

both_setups!(
    of_twenty_openings_from_both_sides_one_makes_the_room,
    each_of_the_two_sees_the_other,
    strangers_and_admins_find_no_direct_room,
    a_direct_room_stays_as_it_is,
    first_messages_from_both_sides_meet_in_one_room,
    a_direct_message_arrives_without_subscribing,
    a_connection_that_left_a_direct_room_stays_away,
    what_no_client_holds_yet_comes_by_itself,
    a_message_goes_to_a_room_or_to_a_user,
    a_message_that_is_refused_opens_no_room,
    who_is_added_to_a_room_is_told,
);

/// How long it may take until the server looks for itself what the bus has lost, and some.
const COMPARED: Duration = Duration::from_secs(50);

async fn people(plaza: &Plaza) -> (User, User) {
    User::register(plaza.a(), "root").await;
    (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await)
}

async fn open(user: &User, peer: &User) -> Answer {
    user.api.post("/rooms/direct", &json!({ "user_id": peer.id })).await
}

fn id(room: &Value) -> String {
    room["id"].as_str().expect("an id").to_owned()
}

async fn send_to(socket: &mut Socket, peer: &User, content: &str) {
    socket.send(json!({ "type": "message", "to": peer.id, "content": content })).await;
}

fn is_message(content: &str) -> impl Fn(&Value) -> bool + '_ {
    move |frame| frame["type"] == "message" && frame["message"]["content"] == content
}

async fn of_twenty_openings_from_both_sides_one_makes_the_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let opening = (0..20).map(|number| if number % 2 == 0 { open(&ada, &bob) } else { open(&bob, &ada) });
    let answers = futures::future::join_all(opening).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    let room_id = id(&made[0].json());
    assert_eq!(made[0].header("location"), format!("/api/v1/rooms/{room_id}"));
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(id(&answer.expect(200)), room_id);
    }
}

async fn each_of_the_two_sees_the_other(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let room_id = id(&open(&ada, &bob).await.expect(201));
    for (user, peer) in [(&ada, &bob), (&bob, &ada)] {
        let shown = user.api.get(&format!("/rooms/{room_id}")).await.expect(200);
        assert_eq!((&shown["kind"], &shown["peer"]["id"]), (&json!("direct"), &json!(peer.id)));
        assert_eq!(shown["name"], shown["peer"]["display_name"]);
        let listed = user.api.get("/rooms?mine=true").await.expect(200);
        assert_eq!(listed["items"][0]["id"], room_id.as_str());
        assert_eq!(listed["items"][0]["name"], shown["name"]);
        let members = user.api.get(&format!("/rooms/{room_id}/members")).await.expect(200);
        assert_eq!(members["items"].as_array().map(Vec::len), Some(2));
    }
    ada.api.post("/rooms/direct", &json!({ "user_id": ada.id })).await.expect_problem(422);
    ada.api.post("/rooms/direct", &json!({ "user_id": room_id })).await.expect_problem(404);
}

async fn strangers_and_admins_find_no_direct_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let root = User::log_in(plaza.b(), "root").await;
    let eve = User::register(plaza.b(), "eve").await;
    let room_id = id(&open(&ada, &bob).await.expect(201));
    let message = id(&ada.say(&room_id, "a secret").await);
    for stranger in [&root, &eve] {
        let api = &stranger.api;
        let room = format!("/rooms/{room_id}");
        for path in ["", "/messages", "/members", "/changes?since=0"] {
            api.get(&format!("{room}{path}")).await.expect_problem(404);
        }
        api.get(&format!("/messages/{message}")).await.expect_problem(404);
        api.delete(&format!("/messages/{message}")).await.expect_problem(404);
        api.patch(&room, &json!({ "name": "mine" })).await.expect_problem(404);
        api.delete(&room).await.expect_problem(404);
        api.post_empty(&format!("{room}/join")).await.expect_problem(404);
        api.post_empty(&format!("{room}/leave")).await.expect_problem(404);
        let myself = json!({ "user_id": stranger.id });
        api.post(&format!("{room}/members"), &myself).await.expect_problem(404);
        stranger.post_message(&room_id, &json!({ "content": "hello" })).await.expect_problem(404);
        assert_eq!(api.get("/rooms").await.expect(200)["items"], json!([]));
        assert_eq!(stranger.connect_to(&room_id).await.close_code().await, 4404);
    }
}

async fn a_direct_room_stays_as_it_is(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let eve = User::register(plaza.b(), "eve").await;
    let room = format!("/rooms/{}", id(&open(&ada, &bob).await.expect(201)));
    let member = |user: &User| format!("{room}/members/{}", user.id);
    for (user, peer) in [(&ada, &bob), (&bob, &ada)] {
        let api = &user.api;
        let refusals = [
            api.patch(&room, &json!({ "name": "ours" })).await,
            api.delete(&room).await,
            api.post_empty(&format!("{room}/join")).await,
            api.post_empty(&format!("{room}/leave")).await,
            api.post(&format!("{room}/members"), &json!({ "user_id": eve.id })).await,
            api.patch(&member(peer), &json!({ "role": "owner" })).await,
            api.delete(&member(peer)).await,
            api.delete(&member(user)).await,
        ];
        for refusal in refusals {
            let problem = refusal.expect_problem(403);
            assert!(problem["detail"].as_str().is_some_and(|said| said.contains("direct room")), "{problem}");
        }
    }
}

async fn first_messages_from_both_sides_meet_in_one_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let (mut hers, mut his) = (ada.connect().await, bob.connect().await);
    for socket in [&mut hers, &mut his] {
        socket.expect_type("hello").await;
    }
    for number in 0..10 {
        let (hello, answer) = (format!("hello {number}"), format!("hi {number}"));
        futures::join!(send_to(&mut hers, &bob, &hello), send_to(&mut his, &ada, &answer));
    }
    let mut rooms = Vec::new();
    let mut orders = Vec::new();
    for socket in [&mut hers, &mut his] {
        let (mut acked, mut order) = (0, Vec::new());
        while acked < 10 || order.len() < 20 {
            let frame = socket.expect("an ack or a message", |_| true).await;
            match frame["type"].as_str() {
                Some("error") => panic!("{frame}"),
                Some("ack") => acked += 1,
                Some("message") => order.push((frame["seq"].as_i64(), frame["message"]["id"].clone())),
                _ => continue,
            }
            rooms.push(frame["room_id"].clone());
        }
        orders.push(order);
    }
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:?}");
    assert_eq!(orders[0], orders[1]);
    let seqs: Vec<_> = orders[0].iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=20).map(Some).collect::<Vec<_>>(), "without subscribing nothing is missed");
}

async fn a_direct_message_arrives_without_subscribing(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let mut hers = ada.connect().await;
    let mut phone_and_desk = [bob.connect().await, bob.at(plaza.a()).connect().await];
    let mut elsewhere = bob.connect_to(&bob.open_room("elsewhere").await).await;
    elsewhere.expect_type("synced").await;
    for socket in phone_and_desk.iter_mut().chain([&mut hers]) {
        socket.expect_type("hello").await;
    }
    send_to(&mut hers, &bob, "hello").await;
    let (own, before) = hers.collect_until("one's own message", is_message("hello")).await;
    let kinds: Vec<_> = before.iter().filter_map(|frame| frame["type"].as_str()).collect();
    assert!(kinds.contains(&"ack") && kinds.contains(&"subscribed"), "{kinds:?}");
    let room_id = own["room_id"].clone();
    let mut versions = Vec::new();
    for socket in &mut phone_and_desk {
        let added = socket.expect_type("room_added").await;
        assert_eq!(added["room"]["peer"]["username"], "ada");
        assert_eq!(added["room"]["id"], room_id);
        let subscribed = socket.expect_type("subscribed").await;
        assert_eq!(subscribed["room_id"], room_id);
        let (synced, frames) = socket.collect_until("synced", |frame| frame["type"] == "synced").await;
        assert!(frames.iter().any(is_message("hello")), "{frames:?}");
        versions.push(synced["version"].as_i64().expect("a version"));
    }
    for (later, content) in (1..).zip(["how are you?", "well?"]) {
        send_to(&mut hers, &bob, content).await;
        for (socket, version) in phone_and_desk.iter_mut().zip(&versions) {
            let frame = socket.expect(content, is_message(content)).await;
            assert_eq!(frame["version"], version + later, "live, and no hole");
        }
    }
    let of_one_room = elsewhere.settle().await;
    assert!(of_one_room.iter().all(|frame| frame["type"] != "subscribed"), "{of_one_room:?}");
}

async fn a_connection_that_left_a_direct_room_stays_away(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let room_id = id(&open(&ada, &bob).await.expect(201));
    let (mut quiet, mut loud) = (bob.connect().await, bob.connect().await);
    quiet.send(json!({ "type": "unsubscribe", "rooms": [room_id] })).await;
    quiet.expect_type("unsubscribed").await;
    ada.say(&room_id, "one").await;
    loud.expect("one", is_message("one")).await;
    let heard = quiet.settle().await;
    assert!(heard.iter().all(|frame| frame["room_id"] != room_id.as_str()), "{heard:?}");

    quiet.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room_id }] })).await;
    quiet.expect("one", is_message("one")).await;
    quiet.expect_type("synced").await;
    ada.say(&room_id, "two").await;
    quiet.expect("two", is_message("two")).await;
}

async fn what_no_client_holds_yet_comes_by_itself(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let room_id = id(&open(&ada, &bob).await.expect(201));
    ada.say(&room_id, "while you were away").await;
    let mut socket = bob.connect().await;
    let deadline = Instant::now() + COMPARED;
    let mut heard = Vec::new();
    loop {
        let frame = socket.next_before(deadline).await.unwrap_or_else(|| panic!("in time came {heard:?}"));
        let frame = frame.expect("the connection stays");
        if is_message("while you were away")(&frame) {
            break;
        }
        heard.push(frame);
    }
}

async fn a_message_goes_to_a_room_or_to_a_user(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let lounge = ada.open_room("lounge").await;
    let (mut all, mut one) = (ada.connect().await, ada.connect_to(&lounge).await);
    let to_bob = json!({ "type": "message", "to": bob.id, "content": "x", "id": 1 });
    one.send(to_bob.clone()).await;
    assert_eq!(one.expect_type("error").await["code"], "invalid");
    let mut both = to_bob;
    both["room_id"] = json!(lounge);
    all.send(both).await;
    let error = all.expect_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("invalid"), &json!(1)));
    for (nobody, code) in [(&ada.id, "invalid"), (&lounge, "not_found")] {
        all.send(json!({ "type": "message", "to": nobody, "content": "x" })).await;
        assert_eq!(all.expect_type("error").await["code"], code);
    }
    assert_eq!(ada.words(&lounge).await, Vec::<String>::new());
}

async fn a_message_that_is_refused_opens_no_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let (mut hers, mut his) = (ada.connect().await, bob.connect().await);
    for socket in [&mut hers, &mut his] {
        socket.expect_type("hello").await;
    }
    for refused in [
        json!({ "type": "message", "to": bob.id, "content": "x".repeat(4_001) }),
        json!({ "type": "message", "to": bob.id, "content": "x", "message_type": "file" }),
        json!({ "type": "message", "to": ada.id, "content": "to myself" }),
    ] {
        hers.send(refused).await;
        assert_eq!(hers.expect_type("error").await["code"], "invalid");
    }
    let told = his.settle().await;
    assert!(told.iter().all(|frame| frame["type"] != "room_added"), "{told:?}");
    let rooms = bob.api.get("/rooms?mine=true").await.expect(200);
    assert!(rooms["items"].as_array().is_some_and(Vec::is_empty), "{rooms}");
}

async fn who_is_added_to_a_room_is_told(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = people(&plaza).await;
    let mut his = bob.connect().await;
    his.expect_type("hello").await;
    let attic = ada.open_private_room("attic").await;
    ada.add(&attic, &bob).await;
    let added = his.expect_type("room_added").await;
    let shown = bob.api.get(&format!("/rooms/{attic}")).await.expect(200);
    let fields = added["room"].as_object().expect("a room");
    assert!(fields.iter().all(|(name, value)| shown[name] == *value), "{added} is what REST shows: {shown}");
    let opened = open(&ada, &bob).await.expect(201);
    let added = his.expect_type("room_added").await;
    assert_eq!(added["room"]["id"], opened["id"]);
    assert_eq!(added["room"]["peer"]["id"], ada.id.as_str());
}
