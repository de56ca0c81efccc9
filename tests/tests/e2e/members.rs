//! Members: joining, leaving, roles, and who may change them.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    joining_and_leaving_are_told_in_the_room,
    a_room_keeps_an_owner,
    roles_are_given_by_owners_only,
    a_member_is_removed_by_whose_role_is_higher,
    who_left_reads_no_more,
);

async fn roles(user: &User, room: &str) -> Vec<(String, String)> {
    let page = user.api.get(&format!("/rooms/{room}/members")).await.expect(200);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut roles: Vec<_> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|member| (text(&member["user"]["username"]), text(&member["role"])))
        .collect();
    roles.sort();
    roles
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

async fn joining_and_leaving_are_told_in_the_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    // Joining twice is joining once.
    bob.join(&room).await;
    assert_eq!(roles(&ada, &room).await, pairs(&[("ada", "owner"), ("bob", "member")]));
    bob.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    assert_eq!(roles(&ada, &room).await, pairs(&[("ada", "owner")]));

    let told: Vec<Value> = ada.history(&room, "?after=0").await;
    let told: Vec<_> =
        told.iter().map(|message| (&message["system_event"], &message["sender"]["username"])).collect();
    let (joined, left, name) = (json!("member_joined"), json!("member_left"), json!("bob"));
    assert_eq!(told, [(&joined, &name), (&left, &name)]);
}

async fn a_room_keeps_an_owner(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let own = format!("/rooms/{room}/members/{}", ada.id);
    ada.api.post_empty(&format!("/rooms/{room}/leave")).await.expect_problem(409);
    ada.api.patch(&own, &json!({ "role": "member" })).await.expect_problem(409);

    let heir = format!("/rooms/{room}/members/{}", bob.id);
    ada.api.patch(&heir, &json!({ "role": "owner" })).await.expect(200);
    ada.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    assert_eq!(roles(&bob, &room).await, pairs(&[("bob", "owner")]));
}

async fn roles_are_given_by_owners_only(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let cem = User::register(plaza.a(), "cem").await;
    let dee = User::register(plaza.b(), "dee").await;
    let room = ada.open_private_room("attic").await;
    ada.add(&room, &bob).await;
    ada.add(&room, &cem).await;
    let role = |user: &User| format!("/rooms/{room}/members/{}", user.id);
    let admin = json!({ "role": "admin" });
    bob.api.patch(&role(&bob), &admin).await.expect_problem(403);
    ada.api.patch(&role(&bob), &admin).await.expect(200);

    bob.api.patch(&role(&cem), &admin).await.expect_problem(403);
    let members = format!("/rooms/{room}/members");
    let as_admin = json!({ "user_id": dee.id, "role": "admin" });
    bob.api.post(&members, &as_admin).await.expect_problem(403);
    bob.api.post(&members, &json!({ "user_id": dee.id })).await.expect(201);
    bob.api.post(&members, &json!({ "user_id": dee.id })).await.expect_problem(409);
    cem.api.post(&members, &json!({ "user_id": dee.id })).await.expect_problem(403);
    let expected = [("ada", "owner"), ("bob", "admin"), ("cem", "member"), ("dee", "member")];
    assert_eq!(roles(&cem, &room).await, pairs(&expected));
}

async fn a_member_is_removed_by_whose_role_is_higher(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let cem = User::register(plaza.a(), "cem").await;
    let room = ada.open_private_room("attic").await;
    ada.add(&room, &bob).await;
    ada.add(&room, &cem).await;
    let member = |user: &User| format!("/rooms/{room}/members/{}", user.id);
    cem.api.delete(&member(&bob)).await.expect_problem(403);
    ada.api.patch(&member(&bob), &json!({ "role": "admin" })).await.expect(200);
    bob.api.delete(&member(&ada)).await.expect_problem(403);
    bob.api.delete(&member(&cem)).await.expect(204);
    cem.api.get(&format!("/rooms/{room}")).await.expect_problem(404);
    ada.api.delete(&member(&cem)).await.expect_problem(404);
    assert_eq!(roles(&ada, &room).await, pairs(&[("ada", "owner"), ("bob", "admin")]));
}

async fn who_left_reads_no_more(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let message = ada.say(&room, "a secret").await;
    let message = format!("/messages/{}", message["id"].as_str().expect("an id"));
    bob.api.get(&message).await.expect(200);
    bob.api.post_empty(&format!("/rooms/{room}/leave")).await.expect(204);
    bob.api.get(&message).await.expect_problem(404);
    bob.api.get(&format!("/rooms/{room}/messages")).await.expect_problem(403);
    bob.post_message(&room, &json!({ "content": "still here?" })).await.expect_problem(404);
}
