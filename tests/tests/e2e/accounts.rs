//! Accounts: registering, logging in and out, profiles.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, Method, PASSWORD, User},
};
use serde_json::json;

both_setups!(
    the_first_account_is_an_admin_and_the_others_are_members,
    a_user_logs_in_by_address_or_handle_in_any_case,
    a_wrong_password_and_an_unknown_name_are_told_alike,
    an_address_and_a_handle_are_taken_once,
    everything_that_is_wrong_with_a_registration_is_told_at_once,
    a_profile_is_changed_by_its_owner_and_seen_by_others,
    logins_are_limited_by_account,
);

async fn the_first_account_is_an_admin_and_the_others_are_members(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let api = Api::anonymous(plaza.a());
    for (base, username, role) in [(plaza.a(), "ada", "admin"), (plaza.b(), "bob", "member")] {
        let account = json!({
            "email": format!("{username}@example.org"), "username": username, "password": PASSWORD,
        });
        let answer = api.at(base).post("/auth/register", &account).await;
        let user = answer.expect(201);
        assert_eq!(user["role"], role);
        assert_eq!(user["username"], username);
        assert!(answer.header("location").starts_with("/api/v1/users/"));
        assert!(!answer.text().contains("password"), "{}", answer.text());
    }
}

async fn a_user_logs_in_by_address_or_handle_in_any_case(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let api = Api::anonymous(plaza.b());
    for login in ["ada", "ADA", "ada@example.org", "Ada@Example.org"] {
        let login = api.log_in(login, PASSWORD).await.expect(200);
        assert_eq!(login["user"]["id"], ada.id.as_str());
        assert_eq!(login["token_type"], "Bearer");
        assert_eq!(login["expires_in"], 900);
    }
}

async fn a_wrong_password_and_an_unknown_name_are_told_alike(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "ada").await;
    let api = Api::anonymous(plaza.a());
    let wrong = api.log_in("ada", "not the password").await.expect_problem(401);
    let unknown = api.log_in("nobody", "not the password").await.expect_problem(401);
    assert_eq!(wrong["detail"], unknown["detail"]);
}

async fn an_address_and_a_handle_are_taken_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "ada").await;
    let api = Api::anonymous(plaza.b());
    for (email, username) in [("ada@example.org", "other"), ("other@example.org", "Ada")] {
        let account = json!({ "email": email, "username": username, "password": PASSWORD });
        api.post("/auth/register", &account).await.expect_problem(409);
    }
    api.log_in("other", PASSWORD).await.expect_problem(401);
}

async fn everything_that_is_wrong_with_a_registration_is_told_at_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let account = json!({ "email": "nowhere", "username": "a b", "password": "short" });
    let answer = Api::anonymous(plaza.a()).post("/auth/register", &account).await;
    let problem = answer.expect_problem(422);
    let mut fields: Vec<&str> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "password", "username"]);
}

async fn a_profile_is_changed_by_its_owner_and_seen_by_others(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let profile = json!({ "display_name": "Ada Lovelace", "bio": "Counts." });
    let changed = ada.api.put("/users/me", &profile).await.expect(200);
    assert_eq!(changed["display_name"], "Ada Lovelace");
    assert_eq!(changed["email"], "ada@example.org");

    let path = format!("/users/{}", ada.id);
    let seen = bob.api.get(&path).await.expect(200);
    assert_eq!(seen["display_name"], "Ada Lovelace");
    assert_eq!(seen["bio"], "Counts.");
    assert!(seen.get("email").is_none(), "others do not learn the address: {seen}");
    let own = ada.api.at(plaza.b()).get("/users/me").await.expect(200);
    assert_eq!(own["display_name"], "Ada Lovelace");
}

async fn logins_are_limited_by_account(setup: Setup) {
    let plaza = plaza_tests::Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    User::register(plaza.a(), "ada").await;
    // Whoever guesses from many places does so at every instance.
    let guessers = [Api::anonymous(plaza.a()), Api::anonymous(plaza.b())];
    let guess = json!({ "login": "ada", "password": "a guess" });
    let mut refused = None;
    for attempt in 0..12 {
        let api = &guessers[attempt % 2];
        let request = api.request(Method::POST, "/auth/login").json(&guess);
        let answer = api.send(request.header("x-forwarded-for", format!("203.0.113.{attempt}"))).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.expect_problem(401);
    }
    let refused = refused.expect("guesses are limited to 10 a minute");
    refused.expect_problem(429);
    let limits = refused.header("ratelimit");
    assert!(limits.starts_with("\"login-account\";r=0;t="), "{limits}");
    let wait: u64 = refused.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&wait), "Retry-After: {wait}");
}
