//! The list of rooms that a client shows first.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    the_room_where_something_was_said_last_comes_first_with_all_that_a_client_shows,
    the_list_comes_in_pages_and_each_room_once,
    a_room_is_muted_by_one_member_for_themselves,
);

async fn mine(user: &User) -> Vec<Value> {
    let page = user.api.get("/rooms?mine=true").await.expect(200);
    page["items"].as_array().expect("items").clone()
}

fn ids(rooms: &[Value]) -> Vec<&str> {
    rooms.iter().filter_map(|room| room["id"].as_str()).collect()
}

async fn the_room_where_something_was_said_last_comes_first_with_all_that_a_client_shows(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let (lounge, garden) = (ada.open_room("lounge").await, ada.open_room("garden").await);
    let elsewhere = ada.open_room("elsewhere").await;
    bob.join(&lounge).await;
    bob.join(&garden).await;
    ada.say(&garden, "first").await;
    ada.say(&lounge, "second").await;
    let said = ada.say(&lounge, "third").await;

    let rooms = mine(&bob).await;
    assert_eq!(ids(&rooms), [&lounge, &garden]);
    assert_eq!(rooms[0]["name"], "lounge");
    assert_eq!(rooms[0]["last_message"], bob.api.get(&message(&said)).await.expect(200));
    let membership = &rooms[0]["membership"];
    assert_eq!((&membership["role"], &membership["unread"]), (&json!("member"), &json!(3)));
    assert_eq!((&membership["mentions"], &membership["is_muted"]), (&json!(0), &json!(false)));
    assert_eq!(bob.api.get(&format!("/rooms/{lounge}")).await.expect(200), rooms[0]);
    assert_eq!(ids(&mine(&ada).await)[0], lounge);

    let outside = bob.api.get(&format!("/rooms/{elsewhere}")).await.expect(200);
    assert_eq!((outside.get("membership"), outside.get("last_message")), (None, None));

    ada.say(&garden, "fourth").await;
    assert_eq!(ids(&mine(&bob.at(plaza.a())).await), [&garden, &lounge]);
    ada.api.delete(&message(&said)).await.expect(204);
    let rooms = mine(&bob).await;
    assert!(rooms[1]["last_message"]["deleted_at"].is_string(), "{}", rooms[1]);
    assert_eq!(rooms[1]["last_message"]["content"], "");

    bob.api.post_empty(&format!("/rooms/{lounge}/leave")).await.expect(204);
    assert_eq!(ids(&mine(&bob).await), [&garden]);
}

async fn the_list_comes_in_pages_and_each_room_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut rooms = Vec::new();
    for number in 0..5 {
        rooms.push(ada.open_room(&format!("room {number}")).await);
    }
    for room in [&rooms[3], &rooms[0]] {
        ada.say(room, "hello").await;
    }
    let expected = [0, 3, 4, 2, 1].map(|number: usize| rooms[number].as_str());
    let mut path = "/rooms?mine=true&limit=2".to_owned();
    let mut pages: Vec<Value> = Vec::new();
    loop {
        let page = ada.api.get(&path).await.expect(200);
        pages.extend(page["items"].as_array().expect("items").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/rooms?mine=true&limit=2&cursor={cursor}");
    }
    assert_eq!(ids(&pages), expected);
    ada.api.get("/rooms?mine=true&cursor=nonsense").await.expect_problem(422);
}

async fn a_room_is_muted_by_one_member_for_themselves(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    let mute = format!("/rooms/{room}/mute");
    bob.api.put(&mute, &json!({})).await.expect_problem(403);
    bob.join(&room).await;
    bob.api.put(&mute, &json!({ "until": "2001-01-01T00:00:00Z" })).await.expect_problem(422);

    let until = "2226-01-01T00:00:00.000000Z";
    for (asked, shown) in [(json!({ "until": until }), json!(until)), (json!({ "until": null }), json!(null))]
    {
        bob.api.put(&mute, &asked).await.expect(204);
        let membership = &mine(&bob.at(plaza.a())).await[0]["membership"];
        assert_eq!((&membership["is_muted"], &membership["muted_until"]), (&json!(true), &shown));
    }
    assert_eq!(mine(&ada).await[0]["membership"]["is_muted"], false);
    let members = ada.api.get(&format!("/rooms/{room}/members")).await.expect(200);
    assert!(!members.to_string().contains("mute"), "{members}");
    bob.at(plaza.a()).api.delete(&mute).await.expect(204);
    assert_eq!(mine(&bob).await[0]["membership"]["is_muted"], false);
}

fn message(message: &Value) -> String {
    format!("/messages/{}", message["id"].as_str().expect("an id"))
}
