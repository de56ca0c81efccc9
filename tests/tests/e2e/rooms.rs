//! Rooms: made, listed, changed, deleted, and who may know of them.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, User},
};
use serde_json::{Value, json};

both_setups!(
    a_public_room_is_listed_to_all_and_a_private_one_to_its_members,
    an_outsider_cannot_tell_a_private_room_from_none,
    who_has_not_joined_a_public_room_may_not_read_it,
    a_list_of_rooms_comes_in_pages,
    a_room_is_changed_by_its_admins_and_the_new_name_is_told_in_it,
    a_deleted_room_is_gone_for_everybody,
);

async fn listed(user: &User) -> Vec<String> {
    let page = user.api.get("/rooms").await.expect(200);
    ids(&page)
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().filter_map(|room| room["id"].as_str().map(str::to_owned)).collect()
}

async fn a_public_room_is_listed_to_all_and_a_private_one_to_its_members(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let public = ada.open_room("lounge").await;
    let private = ada.open_private_room("attic").await;
    assert_eq!(listed(&ada).await, [private.clone(), public.clone()]);
    assert_eq!(listed(&bob).await, [public]);

    ada.add(&private, &bob).await;
    assert!(listed(&bob).await.contains(&private));
    let room = bob.api.get(&format!("/rooms/{private}")).await.expect(200);
    assert_eq!(room["is_private"], true);
    assert_eq!(room["name"], "attic");
}

async fn an_outsider_cannot_tell_a_private_room_from_none(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    // The first account is the server's admin, who moderates public rooms and has no key to private ones.
    let admin = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let private = ada.open_private_room("attic").await;
    let nowhere = "0193b5f0-0000-7000-8000-000000000000";
    for outsider in [&bob, &admin] {
        for (method, path, body) in [
            ("GET", "", json!(null)),
            ("PATCH", "", json!({ "name": "mine" })),
            ("DELETE", "", json!(null)),
            ("POST", "/join", json!(null)),
            ("POST", "/leave", json!(null)),
            ("GET", "/members", json!(null)),
            ("POST", "/members", json!({ "user_id": outsider.id })),
            ("GET", "/messages", json!(null)),
            ("POST", "/messages", json!({ "content": "knock knock" })),
            ("GET", "/changes?since=0", json!(null)),
        ] {
            let mut details = Vec::new();
            for room in [private.as_str(), nowhere] {
                let method = method.parse().expect("a method");
                let mut request = outsider.api.request(method, &format!("/rooms/{room}{path}"));
                if !body.is_null() {
                    request = request.json(&body);
                }
                let problem = outsider.api.send(request).await.expect_problem(404);
                details.push(problem["detail"].clone());
            }
            assert_eq!(details[0], details[1], "{method} {path}");
        }
    }
    assert!(ada.words(&private).await.is_empty());
}

async fn who_has_not_joined_a_public_room_may_not_read_it(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    ada.say(&room, "hello").await;
    let history = format!("/rooms/{room}/messages");
    bob.api.get(&history).await.expect_problem(403);
    bob.api.get(&format!("/rooms/{room}/changes?since=0")).await.expect_problem(403);

    bob.join(&room).await;
    assert_eq!(bob.words(&room).await, ["hello"]);
    Api::anonymous(plaza.a()).get(&history).await.expect_problem(401);
}

async fn a_list_of_rooms_comes_in_pages(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut opened = Vec::new();
    for number in 0..5 {
        opened.push(ada.open_room(&format!("room {number}")).await);
    }
    opened.reverse();
    let mut seen = Vec::new();
    let mut path = "/rooms?limit=2".to_owned();
    loop {
        let page = ada.api.get(&path).await.expect(200);
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/rooms?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, opened);
    ada.api.get("/rooms?cursor=nonsense").await.expect_problem(422);
}

async fn a_room_is_changed_by_its_admins_and_the_new_name_is_told_in_it(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    let path = format!("/rooms/{room}");
    bob.join(&room).await;
    bob.api.patch(&path, &json!({ "name": "bar" })).await.expect_problem(403);

    let change = json!({ "name": "library", "description": "Quiet, please." });
    let changed = ada.api.patch(&path, &change).await.expect(200);
    assert_eq!(changed["name"], "library");
    assert_eq!(changed["description"], "Quiet, please.");
    let seen = bob.api.get(&path).await.expect(200);
    assert_eq!(seen["name"], "library");
    let last = bob.history(&room, "?limit=1").await;
    assert_eq!(last[0]["message_type"], "system");
    assert_eq!(last[0]["system_event"], "room_renamed");
    assert!(last[0]["content"].as_str().is_some_and(|text| text.contains("library")));
}

async fn a_deleted_room_is_gone_for_everybody(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let message = ada.say(&room, "goodbye").await;
    let path = format!("/rooms/{room}");
    bob.api.delete(&path).await.expect_problem(403);
    ada.api.delete(&path).await.expect(204);
    for user in [&ada, &bob] {
        user.api.get(&path).await.expect_problem(404);
        user.api.get(&format!("{path}/messages")).await.expect_problem(404);
        let message = format!("/messages/{}", message["id"].as_str().expect("an id"));
        user.api.get(&message).await.expect_problem(404);
        assert!(listed(user).await.is_empty());
    }
}
