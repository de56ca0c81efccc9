//! What users tell about themselves, and who sees it.

use plaza_tests::{Plaza, Setup, both_setups, client::User};
use serde_json::{Value, json};

both_setups!(
    what_a_user_tells_is_normalised_and_seen_by_whom_it_concerns,
    everything_that_is_wrong_with_a_profile_is_told_at_once,
    preferences_are_kept,
);

async fn what_a_user_tells_is_normalised_and_seen_by_whom_it_concerns(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let fresh = ada.api.get("/users/me").await.expect(200);
    assert_eq!([&fresh["status_text"], &fresh["time_zone"], &fresh["locale"]], ["", "UTC", "en"]);

    let profile = json!({
        "display_name": " Ada  L. ", "status_text": "At the mill\nuntil two",
        "time_zone": "europe/london", "locale": "en_gb",
    });
    ada.api.put("/users/me", &profile).await.expect(200);
    let own = ada.api.at(plaza.b()).get("/users/me").await.expect(200);
    assert_eq!(own["display_name"], "Ada  L.");
    assert_eq!(own["status_text"], "At the mill until two");
    assert_eq!(own["time_zone"], "Europe/London");
    assert_eq!(own["locale"], "en-GB");
    assert_eq!(own["bio"], "", "what was left out stays");

    let seen = bob.api.get(&format!("/users/{}", ada.id)).await.expect(200);
    assert_eq!(seen["status_text"], "At the mill until two");
    for private in ["email", "time_zone", "locale"] {
        assert!(seen.get(private).is_none(), "{private} is for its owner: {seen}");
    }
    let cleared = ada.api.put("/users/me", &json!({ "status_text": "" })).await.expect(200);
    assert_eq!(cleared["status_text"], "");
    assert_eq!(cleared["time_zone"], "Europe/London");
}

async fn everything_that_is_wrong_with_a_profile_is_told_at_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let profile = json!({
        "username": "a b c", "display_name": "\u{200b}", "bio": "fine",
        "time_zone": "Europe/Atlantis", "locale": "english language",
    });
    let problem = ada.api.put("/users/me", &profile).await.expect_problem(422);
    let errors = problem["errors"].as_array().expect("errors");
    let mut fields: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["display_name", "locale", "time_zone", "username"]);
    let own = ada.api.get("/users/me").await.expect(200);
    assert_eq!(own["bio"], "", "nothing of it was stored");
    ada.api.put("/users/me", &json!({ "status_text": "a".repeat(101) })).await.expect_problem(422);
}

async fn preferences_are_kept(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let path = "/users/me/preferences";
    assert_eq!(ada.api.get(path).await.expect(200)["shows_receipts"], true);
    ada.api.put(path, &json!({ "shows_receipts": false })).await.expect(200);
    ada.api.put(path, &json!({ "shows_receipts": Value::Null })).await.expect(200);
    assert_eq!(ada.api.at(plaza.b()).get(path).await.expect(200)["shows_receipts"], false);
}
