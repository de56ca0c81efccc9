//! Threads: counted and told as replies come, followed, read and listed.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    replies_are_told_first_and_then_what_they_reply_to,
    many_replies_from_both_sides_leave_no_hole,
    a_deleted_reply_is_counted_no_more,
    a_reply_to_a_reply_is_in_the_same_thread,
    a_thread_is_read_from_either_end_of_a_seq,
    a_thread_is_followed_by_those_whom_it_concerns,
    threads_of_rooms_that_one_left_are_not_listed,
);

async fn two_in_a_room(plaza: &Plaza) -> (User, User, String) {
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    (ada, bob, room)
}

fn id(message: &Value) -> &str {
    message["id"].as_str().expect("an id")
}

async fn reply(user: &User, room: &str, parent: &Value, content: &str) -> Value {
    let message = json!({ "content": content, "parent_id": parent["id"] });
    user.post_message(room, &message).await.expect(201)
}

async fn thread_of(user: &User, message: &Value) -> Value {
    let path = format!("/messages/{}/thread", id(message));
    user.api.get(&path).await.expect(200)
}

/// A connection that follows the room from now on.
async fn live(user: &User, room: &str) -> Socket {
    let mut socket = user.connect_to(room).await;
    socket.expect_type("synced").await;
    socket
}

/// The changes of the room up to and with the one that fits.
async fn changes_until(socket: &mut Socket, what: &str, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    let (last, mut frames) = socket.collect_until(what, fits).await;
    frames.push(last);
    frames.retain(|frame| frame["version"].is_i64() && frame["type"] != "ack");
    frames
}

fn assert_gapless(changes: &[Value]) {
    let versions: Vec<i64> = changes.iter().filter_map(|frame| frame["version"].as_i64()).collect();
    assert!(versions.windows(2).all(|pair| pair[1] == pair[0] + 1), "{versions:?}");
}

async fn replies_are_told_first_and_then_what_they_reply_to(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let question = ada.say(&room, "why?").await;
    let (mut hers, mut his) = (live(&ada, &room).await, live(&bob, &room).await);
    let answer = reply(&bob, &room, &question, "because").await;
    for socket in [&mut hers, &mut his] {
        let is_update = |frame: &Value| frame["type"] == "message_updated";
        let changes = changes_until(socket, "the question's update", is_update).await;
        assert_gapless(&changes);
        let told: Vec<_> = changes.iter().map(|frame| (&frame["type"], &frame["message"]["id"])).collect();
        let (message, updated) = (json!("message"), json!("message_updated"));
        assert_eq!(told, [(&message, &answer["id"]), (&updated, &question["id"])]);
        let root = &changes[1]["message"];
        assert_eq!(root["reply_count"], 1);
        assert_eq!(root["last_reply_at"], answer["created_at"]);
    }
    assert_eq!(thread_of(&bob, &question).await["root"]["reply_count"], 1);
}

async fn many_replies_from_both_sides_leave_no_hole(setup: Setup) {
    const EACH: i64 = 100;
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let roots = [ada.say(&room, "one").await, bob.say(&room, "two").await];
    let (mut hers, mut his) = (live(&ada, &room).await, live(&bob, &room).await);
    for number in 0..EACH {
        for (socket, root) in [(&mut hers, &roots[0]), (&mut his, &roots[1])] {
            let content = number.to_string();
            socket.send(json!({ "type": "message", "content": content, "parent_id": root["id"] })).await;
        }
    }
    for socket in [&mut hers, &mut his] {
        let mut counts = [0, 0];
        let mut last = None;
        while counts != [EACH, EACH] {
            let change = socket.expect("a change", |frame| frame["message"].is_object()).await;
            let version = change["version"].as_i64().expect("a version");
            assert!(last.is_none_or(|last| version == last + 1), "{version} after {last:?}");
            last = Some(version);
            for (count, root) in counts.iter_mut().zip(&roots) {
                if change["message"]["id"] == root["id"] {
                    *count = change["message"]["reply_count"].as_i64().expect("a count");
                }
            }
        }
    }
    let feed = ada.api.get(&format!("/rooms/{room}/changes?since={}", roots[1]["version"])).await.expect(200);
    assert_eq!(feed["reset"], false);
}

async fn a_deleted_reply_is_counted_no_more(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let question = ada.say(&room, "why?").await;
    let first = reply(&bob, &room, &question, "because").await;
    let second = reply(&ada, &room, &question, "no").await;
    let mut socket = live(&bob, &room).await;
    ada.api.delete(&format!("/messages/{}", id(&second))).await.expect(204);
    let is_update = |frame: &Value| frame["type"] == "message_updated";
    let changes = changes_until(&mut socket, "the question's update", is_update).await;
    assert_gapless(&changes);
    assert_eq!(changes[0]["type"], "message_deleted");
    assert_eq!(changes[1]["message"]["reply_count"], 1);
    assert_eq!(changes[1]["message"]["last_reply_at"], first["created_at"]);

    bob.api.delete(&format!("/messages/{}", id(&first))).await.expect(204);
    let root = &thread_of(&ada, &question).await["root"];
    assert_eq!((&root["reply_count"], &root["last_reply_at"]), (&json!(0), &Value::Null));
    ada.api.delete(&format!("/messages/{}", id(&question))).await.expect(204);
    let late = json!({ "content": "too late", "parent_id": question["id"] });
    bob.post_message(&room, &late).await.expect_problem(409);
}

async fn a_reply_to_a_reply_is_in_the_same_thread(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let question = ada.say(&room, "why?").await;
    let first = reply(&bob, &room, &question, "because").await;
    let second = reply(&ada, &room, &first, "I see").await;
    assert_eq!(second["parent_id"], question["id"]);
    let thread = thread_of(&bob, &first).await;
    assert_eq!(thread["root"]["id"], question["id"]);
    let replies: Vec<_> = thread["items"].as_array().into_iter().flatten().map(id).collect();
    assert_eq!(replies, [id(&first), id(&second)]);

    let history = ada.history(&room, "?limit=10").await;
    let joined = history.iter().find(|message| message["message_type"] == "system").expect("bob joined");
    let to_the_server = json!({ "content": "thanks", "parent_id": joined["id"] });
    ada.post_message(&room, &to_the_server).await.expect_problem(422);
}

async fn a_thread_is_read_from_either_end_of_a_seq(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let stranger = User::register(plaza.a(), "stranger").await;
    let question = ada.say(&room, "why?").await;
    let mut seqs = Vec::new();
    for number in 0..5 {
        bob.say(&room, "aside").await;
        let answer = reply(&bob, &room, &question, &number.to_string()).await;
        seqs.push(answer["seq"].as_i64().expect("a place"));
    }
    let (middle, last) = (seqs[2], seqs[4]);
    for (query, expected, more) in [
        (String::new(), &seqs[..], false),
        ("?limit=2".to_owned(), &seqs[3..], true),
        (format!("?before={middle}"), &seqs[..2], false),
        (format!("?after={middle}&limit=1"), &seqs[3..4], true),
        (format!("?after={last}"), &[], false),
    ] {
        let page = ada.api.get(&format!("/messages/{}/thread{query}", id(&question))).await.expect(200);
        let found: Vec<_> = page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|reply| reply["seq"].as_i64())
            .collect();
        assert_eq!((&found[..], &page["has_more"]), (expected, &json!(more)), "{query}");
    }
    let path = format!("/messages/{}/thread", id(&question));
    stranger.api.get(&path).await.expect_problem(404);
}

/// The threads that somebody follows, with what is unread.
async fn listed(user: &User, query: &str) -> Vec<(String, i64)> {
    let list = user.api.get(&format!("/threads{query}")).await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let thread = |item: Value| (id(&item["root"]).to_owned(), item["unread"].as_i64().unwrap_or(-1));
    items.into_iter().map(thread).collect()
}

async fn a_thread_is_followed_by_those_whom_it_concerns(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let eve = User::register(plaza.b(), "eve").await;
    eve.join(&room).await;
    let question = ada.say(&room, "why?").await;
    let thread = id(&question).to_owned();
    reply(&bob, &room, &question, "ask @eve").await;
    let answer = reply(&bob, &room, &question, "really").await;
    assert_eq!(listed(&ada.at(plaza.b()), "").await, [(thread.clone(), 2)]);
    assert_eq!(listed(&bob, "").await, [(thread.clone(), 0)]);
    assert_eq!(listed(&eve, &format!("?room_id={room}")).await, [(thread.clone(), 2)]);

    let read = json!({ "seq": answer["seq"] });
    ada.api.put(&format!("/messages/{thread}/thread/read"), &read).await.expect(204);
    assert_eq!(listed(&ada, "").await, [(thread.clone(), 0)]);
    assert_eq!(thread_of(&ada, &question).await["read_seq"], answer["seq"]);

    eve.api.delete(&format!("/messages/{thread}/follow")).await.expect(204);
    reply(&bob, &room, &question, "@eve?").await;
    assert_eq!(listed(&eve, "").await, []);
    assert_eq!(thread_of(&eve, &question).await["is_following"], false);
    eve.api.put(&format!("/messages/{thread}/follow"), &json!({})).await.expect(204);
    assert_eq!(listed(&eve, "").await, [(thread, 3)]);
}

async fn threads_of_rooms_that_one_left_are_not_listed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let other = ada.open_room("kitchen").await;
    bob.join(&other).await;
    let mut threads = Vec::new();
    for room in [&room, &other] {
        let question = ada.say(room, "why?").await;
        reply(&bob, room, &question, "because").await;
        threads.insert(0, id(&question).to_owned());
    }
    let all: Vec<_> = listed(&bob, "").await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, threads);
    let first = bob.api.get("/threads?limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("a second page");
    assert_eq!(listed(&bob, &format!("?limit=1&cursor={cursor}")).await[0].0, threads[1]);

    bob.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    assert_eq!(listed(&bob, "").await, [(threads[0].clone(), 0)]);
    bob.api.get(&format!("/threads?room_id={room}")).await.expect_problem(403);
}
