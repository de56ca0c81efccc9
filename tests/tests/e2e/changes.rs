//! The change feed over REST: what somebody missed, each thing once and as it is now.

use std::collections::BTreeMap;

use plaza_tests::{Options, Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    the_feed_tells_each_changed_thing_once_in_its_latest_state,
    the_feed_in_pages_is_the_feed,
    a_snapshot_and_its_changes_are_a_fresh_snapshot,
    a_gap_that_is_too_large_is_answered_with_a_reset,
);

async fn changes(user: &User, room: &str, query: &str) -> Value {
    user.api.get(&format!("/rooms/{room}/changes?{query}")).await.expect(200)
}

fn items(page: &Value) -> &Vec<Value> {
    page["changes"].as_array().expect("changes")
}

fn messages(page: &Value) -> Vec<&Value> {
    items(page).iter().map(|change| &change["message"]).filter(|message| message.is_object()).collect()
}

fn id(message: &Value) -> String {
    message["id"].as_str().expect("an id").to_owned()
}

async fn the_feed_tells_each_changed_thing_once_in_its_latest_state(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    let kept = ada.say(&room, "kept").await;
    let edited = ada.say(&room, "one").await;
    let deleted = ada.say(&room, "oops").await;
    let since = changes(&ada, &room, "since=0").await["version"].clone();

    for words in ["two", "three"] {
        let path = format!("/messages/{}", id(&edited));
        ada.api.patch(&path, &json!({ "content": words })).await.expect(200);
    }
    ada.api.delete(&format!("/messages/{}", id(&deleted))).await.expect(204);
    bob.join(&room).await;
    ada.api.patch(&format!("/rooms/{room}"), &json!({ "description": "new" })).await.expect(200);

    let page = changes(&bob, &room, &format!("since={since}")).await;
    let told: Vec<_> = items(&page).iter().map(|change| change["type"].as_str()).collect();
    let expected = ["message", "message", "member", "message", "room"];
    assert_eq!(told, expected.map(Some), "{page}");
    let told = messages(&page);
    assert_eq!((id(told[0]), &told[0]["content"]), (id(&edited), &json!("three")));
    assert_eq!(id(told[1]), id(&deleted));
    assert!(told[1]["deleted_at"].is_string());
    assert!(!page.to_string().contains(&id(&kept)));
    assert_eq!(page["has_more"], false);
    assert_eq!(page["reset"], false);

    let version = &page["version"];
    assert!(items(&changes(&bob, &room, &format!("since={version}")).await).is_empty());
}

async fn the_feed_in_pages_is_the_feed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    for number in 0..10 {
        bob.say(&room, &format!("{number}")).await;
    }
    let whole = changes(&ada, &room, "since=0&limit=100").await;
    let mut pages = Vec::new();
    let mut since = json!(0);
    loop {
        let page = changes(&ada, &room, &format!("since={since}&limit=3")).await;
        assert!(items(&page).len() <= 3);
        pages.extend(items(&page).iter().cloned());
        since = page["version"].clone();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(&pages, items(&whole));
    assert_eq!(since, whole["version"]);
}

async fn a_snapshot_and_its_changes_are_a_fresh_snapshot(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let mut posted = Vec::new();
    for number in 0..6 {
        posted.push(ada.say(&room, &format!("{number}")).await);
    }
    let room_now = ada.api.get(&format!("/rooms/{room}")).await.expect(200);
    let snapshot = ada.history(&room, "?after=0&limit=100").await;
    let mut known: BTreeMap<String, Value> = snapshot.into_iter().map(|m| (id(&m), m)).collect();

    for (index, message) in posted.iter().enumerate() {
        let path = format!("/messages/{}", id(message));
        match index % 3 {
            0 => drop(ada.api.delete(&path).await.expect(204)),
            1 => drop(ada.api.patch(&path, &json!({ "content": "again" })).await.expect(200)),
            _ => drop(ada.say(&room, "more").await),
        }
    }
    let page = changes(&ada, &room, &format!("since={}", room_now["version"])).await;
    for message in messages(&page) {
        known.insert(id(message), message.clone());
    }
    let fresh = ada.history(&room, "?after=0&limit=100").await;
    let fresh: BTreeMap<String, Value> = fresh.into_iter().map(|m| (id(&m), m)).collect();
    assert_eq!(known, fresh);
}

async fn a_gap_that_is_too_large_is_answered_with_a_reset(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_LIMITS__MAX_REPLAY", "5").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    for number in 0..8 {
        ada.say(&room, &format!("{number}")).await;
    }
    let page = changes(&ada, &room, "since=0").await;
    assert_eq!(page["reset"], true);
    let told: Vec<_> = messages(&page).iter().map(|message| message["seq"].as_i64()).collect();
    assert_eq!(told, (1..=8).map(Some).collect::<Vec<_>>());
    let rest = changes(&ada, &room, &format!("since={}", page["version"])).await;
    assert_eq!((&rest["reset"], items(&rest).len()), (&json!(false), 0));
    // A version that the room has not reached yet: its database was restored from a backup.
    assert_eq!(changes(&ada, &room, "since=1000000").await["reset"], true);
}
