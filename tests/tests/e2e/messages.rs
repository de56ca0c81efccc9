//! Messages: posted once, read in order, edited, deleted.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    a_posted_message_is_there_at_every_instance,
    a_repeated_client_id_returns_the_original,
    history_is_read_from_either_end_of_a_seq,
    an_edit_changes_what_a_message_says_and_nothing_else,
    a_deleted_message_leaves_a_tombstone,
    messages_are_changed_by_their_author_and_deleted_by_admins_too,
    a_script_never_reaches_a_client_as_html,
    a_reply_names_a_message_of_its_room,
    what_is_no_message_is_refused_and_takes_no_place,
);

async fn two_in_a_room(plaza: &Plaza) -> (User, User, String) {
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    (ada, bob, room)
}

fn path(message: &Value) -> String {
    format!("/messages/{}", message["id"].as_str().expect("an id"))
}

fn seqs(messages: &[Value]) -> Vec<i64> {
    messages.iter().filter_map(|message| message["seq"].as_i64()).collect()
}

async fn a_posted_message_is_there_at_every_instance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let answer = ada.post_message(&room, &json!({ "content": "*hello*" })).await;
    let posted = answer.expect(201);
    let location = answer.header("location");
    assert_eq!(location, format!("/api/v1{}", path(&posted)));
    assert_eq!(posted["seq"], 2, "bob's joining was told as 1");
    assert_eq!(posted["message_type"], "text");
    assert_eq!(posted["sender"]["username"], "ada");
    assert_eq!(posted["content"], "*hello*");
    assert!(posted["content_html"].as_str().is_some_and(|html| html.contains("<em>hello</em>")));

    assert_eq!(bob.api.get(&path(&posted)).await.expect(200), posted);
    assert_eq!(bob.history(&room, "?limit=1").await, [posted]);
}

async fn a_repeated_client_id_returns_the_original(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let send = json!({ "content": "once", "client_id": "c-1" });
    let first = ada.post_message(&room, &send).await.expect(201);
    let repeat = json!({ "content": "once more", "client_id": "c-1" });
    for api in [&ada, &ada.at(plaza.b())] {
        let answer = api.post_message(&room, &repeat).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        assert_eq!(answer.json(), first);
    }
    // The name is the sender's own.
    bob.post_message(&room, &send).await.expect(201);
    assert_eq!(ada.words(&room).await, ["once", "once"]);
}

async fn history_is_read_from_either_end_of_a_seq(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    for number in 2..=9 {
        let sender = if number % 2 == 0 { &ada } else { &bob };
        sender.say(&room, &format!("{number}")).await;
    }
    assert_eq!(seqs(&bob.history(&room, "").await), (1..=9).collect::<Vec<_>>());
    assert_eq!(seqs(&bob.history(&room, "?limit=3").await), [7, 8, 9]);
    assert_eq!(seqs(&bob.history(&room, "?before=7&limit=3").await), [4, 5, 6]);
    assert_eq!(seqs(&bob.history(&room, "?after=7").await), [8, 9]);
    assert_eq!(seqs(&bob.history(&room, "?after=2&limit=2").await), [3, 4]);
    assert!(bob.history(&room, "?after=9").await.is_empty());
    bob.api.get(&format!("/rooms/{room}/messages?before=5&after=2")).await.expect_problem(422);
}

async fn an_edit_changes_what_a_message_says_and_nothing_else(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let posted = ada.say(&room, "helo").await;
    let edited = ada.api.patch(&path(&posted), &json!({ "content": "hello" })).await.expect(200);
    assert_eq!(edited["content"], "hello");
    assert!(edited["edited_at"].is_string());
    assert!(edited["version"].as_i64() > posted["version"].as_i64());
    for unchanged in ["id", "room_id", "seq", "sender", "message_type", "created_at"] {
        assert_eq!(edited[unchanged], posted[unchanged], "{unchanged}");
    }
    assert_eq!(bob.api.get(&path(&posted)).await.expect(200), edited);
}

async fn a_deleted_message_leaves_a_tombstone(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let posted = ada.say(&room, "regretted").await;
    for _ in 0..2 {
        ada.api.delete(&path(&posted)).await.expect(204);
    }
    let tombstone = bob.api.get(&path(&posted)).await.expect(200);
    assert!(tombstone["deleted_at"].is_string());
    assert_eq!(tombstone["content"], "");
    assert_eq!(tombstone["content_html"], "");
    assert_eq!(tombstone["seq"], posted["seq"]);
    assert_eq!(bob.history(&room, "?limit=1").await, [tombstone]);
    let again = json!({ "content": "back" });
    ada.api.patch(&path(&posted), &again).await.expect_problem(409);
}

async fn messages_are_changed_by_their_author_and_deleted_by_admins_too(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let (hers, his) = (ada.say(&room, "hers").await, bob.say(&room, "his").await);
    let edit = json!({ "content": "other words" });
    bob.api.patch(&path(&hers), &edit).await.expect_problem(403);
    bob.api.delete(&path(&hers)).await.expect_problem(403);
    ada.api.patch(&path(&his), &edit).await.expect_problem(403);
    ada.api.delete(&path(&his)).await.expect(204);
    let told = &bob.history(&room, "?after=0&limit=1").await[0];
    ada.api.delete(&path(told)).await.expect_problem(403);
    assert_eq!(bob.words(&room).await, ["hers", ""]);
}

async fn a_script_never_reaches_a_client_as_html(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    for content in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "<a href=\"javascript:alert(1)\">click</a>",
        "<svg/onload=alert(1)>",
    ] {
        ada.say(&room, content).await;
        let seen = &bob.history(&room, "?limit=1").await[0];
        assert_eq!(seen["content"], content, "kept as written");
        let html = seen["content_html"].as_str().expect("HTML").to_lowercase();
        for danger in ["<script", "<svg", "<img", "<a href=\"javascript:"] {
            assert!(!html.contains(danger), "{content} became {html}");
        }
    }
}

async fn a_reply_names_a_message_of_its_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, room) = two_in_a_room(&plaza).await;
    let question = ada.say(&room, "why?").await;
    let reply = json!({ "content": "because", "parent_id": question["id"] });
    let reply = bob.post_message(&room, &reply).await.expect(201);
    assert_eq!(reply["parent_id"], question["id"]);

    let elsewhere = bob.open_room("elsewhere").await;
    let stray = json!({ "content": "because", "parent_id": question["id"] });
    let answer = bob.post_message(&elsewhere, &stray).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert!(bob.words(&elsewhere).await.is_empty());
}

async fn what_is_no_message_is_refused_and_takes_no_place(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, _, room) = two_in_a_room(&plaza).await;
    for message in [
        json!({ "content": "" }),
        json!({ "content": " \n\t" }),
        json!({ "content": "é".repeat(4001) }),
        json!({ "content": "x", "client_id": "" }),
        json!({ "content": "x", "client_id": "a".repeat(65) }),
        json!({ "content": "x", "message_type": "system" }),
        json!({ "message_type": "image" }),
        json!({ "message_type": "file" }),
        json!({ "message_type": "file", "file_id": "0193b5f0-0000-7000-8000-000000000000" }),
        json!({ "message_type": "image", "image_url": "https://example.org/x.png" }),
    ] {
        let answer = ada.post_message(&room, &message).await;
        let status = answer.status.as_u16();
        assert!([400, 404, 422].contains(&status), "{message}: {} {}", status, answer.text());
        answer.expect_problem(status);
    }
    let longest = "é".repeat(4000);
    let posted = ada.say(&room, &longest).await;
    assert_eq!(posted["seq"], 2, "nothing that was refused took a place");
    assert_eq!(posted["content"], longest.as_str());
}
