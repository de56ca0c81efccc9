//! Pinned messages, and what messages said before.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    a_pin_is_told_and_listed_until_it_is_taken_away,
    what_a_message_said_before_is_shown_to_its_author_and_the_rooms_admins,
);

async fn a_pin_is_told_and_listed_until_it_is_taken_away(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut his = bob.connect_to(&room).await;
    his.expect_type("synced").await;
    let mut pinned = Vec::new();
    for words in ["first", "second"] {
        let id = bob.say(&room, words).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/messages/{id}/pin");
        bob.api.put_empty(&path).await.expect_problem(403);
        let shown = ada.api.put_empty(&path).await.expect(200);
        assert_eq!(shown["pinned_by"], ada.id.as_str());
        assert_eq!(ada.api.put_empty(&path).await.expect(200), shown, "once is enough");
        let updated = his.expect_type("message_updated").await;
        assert_eq!(updated["message"], shown);
        pinned.insert(0, shown);
    }
    let list = format!("/rooms/{room}/pins");
    assert_eq!(bob.api.get(&list).await.expect(200)["items"], json!(pinned));
    let path = format!("/messages/{}/pin", pinned[1]["id"].as_str().expect("an id"));
    bob.api.delete(&path).await.expect_problem(403);
    let unpinned = ada.api.delete(&path).await.expect(200);
    assert_eq!((&unpinned["pinned_at"], &unpinned["pinned_by"]), (&Value::Null, &Value::Null));
    assert_eq!(his.expect_type("message_updated").await["message"], unpinned);
    assert_eq!(bob.api.get(&list).await.expect(200)["items"], json!(pinned[..1]));
    let stranger = User::register(plaza.a(), "stranger").await;
    stranger.api.get(&list).await.expect_problem(403);
    stranger.api.put_empty(&path).await.expect_problem(404);
}

async fn what_a_message_said_before_is_shown_to_its_author_and_the_rooms_admins(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let cem = User::register(plaza.b(), "cem").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    cem.join(&room).await;
    let id = bob.say(&room, "one").await["id"].as_str().expect("an id").to_owned();
    let message = format!("/messages/{id}");
    let mut until = Vec::new();
    for words in ["two", "three", "four"] {
        let edited = bob.api.patch(&message, &json!({ "content": words })).await.expect(200);
        until.insert(0, edited["edited_at"].clone());
    }
    let path = format!("{message}/history");
    for reader in [&bob, &ada] {
        let page = reader.api.get(&path).await.expect(200);
        let items = page["items"].as_array().expect("items");
        let said: Vec<_> = items.iter().map(|edit| edit["content"].clone()).collect();
        assert_eq!(said, ["three", "two", "one"]);
        let replaced: Vec<_> = items.iter().map(|edit| edit["replaced_at"].clone()).collect();
        assert_eq!(replaced, until);
        let first = reader.api.get(&format!("{path}?limit=2")).await.expect(200);
        let cursor = first["next_cursor"].as_str().expect("there is more");
        let rest = reader.api.get(&format!("{path}?limit=2&cursor={cursor}")).await.expect(200);
        assert_eq!((&rest["items"][0], &rest["next_cursor"]), (&items[2], &Value::Null));
    }
    cem.api.get(&path).await.expect_problem(403);
    let stranger = User::register(plaza.a(), "stranger").await;
    stranger.api.get(&path).await.expect_problem(404);
    bob.api.get(&format!("{path}?cursor=made-up")).await.expect_problem(422);
    bob.api.delete(&message).await.expect(204);
    assert_eq!(ada.api.get(&path).await.expect(200), json!({ "items": [], "next_cursor": null }));
}
