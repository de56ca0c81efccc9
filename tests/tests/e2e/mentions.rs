//! Mentions: names in messages become members of the room, wherever the message came in.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    a_message_shows_whom_it_mentions,
    names_in_code_and_in_links_are_not_mentions,
    ones_mentions_are_listed_newest_first,
    an_edit_changes_whom_a_message_mentions,
);

async fn three_in_a_room(plaza: &Plaza) -> (User, User, User, String) {
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let eve = User::register(plaza.b(), "eve").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    eve.join(&room).await;
    (ada, bob, eve, room)
}

fn names(message: &Value) -> Vec<&str> {
    let users = message["mentions"].as_array().into_iter().flatten();
    let mut names: Vec<_> = users.filter_map(|user| user["username"].as_str()).collect();
    names.sort_unstable();
    names
}

async fn mentioning(user: &User, query: &str) -> Value {
    user.api.get(&format!("/users/me/mentions{query}")).await.expect(200)
}

fn ids(page: &Value) -> Vec<Value> {
    page["items"].as_array().into_iter().flatten().map(|message| message["id"].clone()).collect()
}

async fn a_message_shows_whom_it_mentions(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, _, room) = three_in_a_room(&plaza).await;
    User::register(plaza.a(), "stranger").await;
    let mut socket = bob.connect_to(&room).await;
    socket.expect_type("synced").await;
    let posted = ada.say(&room, "@Bob and @eve, not @stranger: see @room, says @ada.").await;
    assert_eq!((names(&posted), &posted["mentions_room"]), (vec!["bob", "eve"], &json!(true)));
    let frame = socket.expect_type("message").await;
    assert_eq!(frame["message"], posted);
    let path = format!("/messages/{}", posted["id"].as_str().expect("an id"));
    assert_eq!(bob.api.get(&path).await.expect(200), posted);
}

async fn names_in_code_and_in_links_are_not_mentions(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, _, _, room) = three_in_a_room(&plaza).await;
    for (content, expected) in [
        ("`@bob` **@eve**", vec!["eve"]),
        ("```\n@bob\n```", vec![]),
        ("[@bob](https://example.org) _@eve_", vec!["eve"]),
        ("bob@eve.example.org", vec![]),
    ] {
        assert_eq!(names(&ada.say(&room, content).await), expected, "{content}");
    }
}

async fn ones_mentions_are_listed_newest_first(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, _, room) = three_in_a_room(&plaza).await;
    let mut expected = Vec::new();
    for content in ["@bob", "@eve", "@bob!", "@room", "(@bob)"] {
        let posted = ada.say(&room, content).await;
        if content.contains("bob") {
            expected.insert(0, posted["id"].clone());
        }
    }
    assert_eq!(ids(&mentioning(&bob, "").await), expected);
    let page = mentioning(&bob, "?limit=2").await;
    let cursor = page["next_cursor"].as_str().expect("a second page");
    let rest = mentioning(&bob.at(plaza.a()), &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!((ids(&rest), &rest["next_cursor"]), (expected[2..].to_vec(), &Value::Null));
    bob.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    assert_eq!(ids(&mentioning(&bob, "").await), Vec::<Value>::new());
}

async fn an_edit_changes_whom_a_message_mentions(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob, eve, room) = three_in_a_room(&plaza).await;
    let posted = ada.say(&room, "@bob").await;
    let path = format!("/messages/{}", posted["id"].as_str().expect("an id"));
    let edited = ada.api.patch(&path, &json!({ "content": "@eve @room" })).await.expect(200);
    assert_eq!((names(&edited), &edited["mentions_room"]), (vec!["eve"], &json!(true)));
    assert_eq!(eve.api.get(&path).await.expect(200), edited);
    assert_eq!(ids(&mentioning(&bob, "").await), Vec::<Value>::new());
    assert_eq!(ids(&mentioning(&eve, "").await), [posted["id"].clone()]);
    ada.api.delete(&path).await.expect(204);
    assert_eq!(ids(&mentioning(&eve, "").await), Vec::<Value>::new());
}
