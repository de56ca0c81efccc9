//! Handles change, and those who had one are not impersonated.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, PASSWORD, User},
};
use serde_json::json;

both_setups!(
    a_handle_that_was_given_up_is_kept_for_who_had_it,
    a_handle_changes_twice_at_most,
    the_history_of_a_handle_is_its_users_alone,
    of_many_who_want_a_handle_at_once_nobody_gets_one_that_is_given_up,
);

async fn rename(user: &User, username: &str, status: u16) {
    let answer = user.api.put("/users/me", &json!({ "username": username })).await;
    assert_eq!(answer.status, status, "{}", answer.text());
}

async fn a_handle_that_was_given_up_is_kept_for_who_had_it(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    rename(&ada, "lovelace", 200).await;
    // It leads nowhere, and nobody else gets it: neither who has an account nor who makes one.
    let anybody = Api::anonymous(plaza.b());
    anybody.log_in("ada", PASSWORD).await.expect_problem(401);
    anybody.log_in("lovelace", PASSWORD).await.expect(200);
    rename(&bob, "Ada", 409).await;
    let eve = json!({ "email": "eve@example.org", "username": "ada", "password": PASSWORD });
    anybody.post("/auth/register", &eve).await.expect_problem(409);
    let room = ada.open_room("lobby").await;
    bob.join(&room).await;
    let message = bob.say(&room, "hello @ada and @lovelace").await;
    assert_eq!(message["mentions"].as_array().map(Vec::len), Some(1), "{message}");
    assert_eq!(message["mentions"][0]["username"], "lovelace");

    rename(&ada, "ada", 200).await;
    rename(&bob, "lovelace", 409).await;
    assert_eq!(ada.api.at(plaza.b()).get("/users/me").await.expect(200)["username"], "ada");
    assert_eq!(bob.api.get("/users/me").await.expect(200)["username"], "bob");
}

async fn a_handle_changes_twice_at_most(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for name in ["ada.l", "lovelace"] {
        rename(&ada, name, 200).await;
    }
    // The same handle again is no change.
    rename(&ada, "Lovelace", 200).await;
    let refused = ada.api.at(plaza.b()).put("/users/me", &json!({ "username": "countess" })).await;
    refused.expect_problem(429);
    let wait: u64 = refused.header("retry-after").parse().expect("Retry-After in seconds");
    assert!(wait > 29 * 24 * 3600 && wait <= 30 * 24 * 3600, "Retry-After: {wait}");
    ada.api.put("/users/me", &json!({ "bio": "Counts." })).await.expect(200);
}

async fn the_history_of_a_handle_is_its_users_alone(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    for name in ["ada.l", "lovelace"] {
        rename(&ada, name, 200).await;
    }
    let path = "/users/me/username-history";
    let first = ada.api.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(first["items"][0]["new_username"], "lovelace");
    let next = first["next_cursor"].as_str().expect("there is more");
    let second = ada.api.at(plaza.b()).get(&format!("{path}?limit=1&cursor={next}")).await.expect(200);
    assert_eq!(second["items"][0]["old_username"], "ada");
    assert_eq!(second["items"][0]["new_username"], "ada.l");
    assert!(second["next_cursor"].is_null(), "{second}");
    assert_eq!(bob.api.get(path).await.expect(200)["items"], json!([]));
    Api::anonymous(plaza.a()).get(path).await.expect_problem(401);
}

async fn of_many_who_want_a_handle_at_once_nobody_gets_one_that_is_given_up(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut others = Vec::new();
    for number in 0..6 {
        let base = if number % 2 == 0 { plaza.a() } else { plaza.b() };
        others.push(User::register(base, &format!("eve{number}")).await);
    }
    let mut wanting = tokio::task::JoinSet::new();
    for other in others {
        wanting.spawn(async move {
            let answer = other.api.put("/users/me", &json!({ "username": "ada" })).await;
            answer.status.as_u16()
        });
    }
    rename(&ada, "lovelace", 200).await;
    while let Some(status) = wanting.join_next().await {
        assert_eq!(status.expect("an answer"), 409);
    }
}
