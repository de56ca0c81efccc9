//! How often requests are answered, and how those who guess are slowed down.

use plaza_tests::{
    Options, Setup, both_setups,
    client::{Answer, Api, Method, PASSWORD, Socket, User},
    servers::wait::until,
};
use serde_json::{Value, json};
use tokio::time::Duration;
use tokio_tungstenite::tungstenite;

both_setups!(
    who_guesses_waits_longer_each_time_and_is_never_kept_out,
    every_answer_tells_what_is_left,
    requests_are_limited_by_user,
    requests_without_a_login_are_limited_by_address,
    a_header_that_nobody_asks_for_is_no_way_around,
    who_guesses_at_one_address_keeps_the_owner_out_nowhere,
    what_refuses_is_told_first,
);

fn limited(setup: Setup) -> Options {
    // What others count is not the subject here.
    let options = Options::new(setup).variable("PLAZA_LIMITS__ENABLED", "true");
    options
        .variable("PLAZA_LIMITS__LOGIN_PER_ADDRESS", "1000")
        .variable("PLAZA_LIMITS__LOGIN_PER_ACCOUNT", "1000")
}

async fn who_guesses_waits_longer_each_time_and_is_never_kept_out(setup: Setup) {
    let plaza = limited(setup).start().await;
    User::register(plaza.a(), "ada").await;
    let guessers = [Api::anonymous(plaza.a()), Api::anonymous(plaza.b())];
    for attempt in 0..4 {
        guessers[attempt % 2].log_in("ada", "a guess").await.expect_problem(401);
    }
    for guesser in &guessers {
        let refused = guesser.log_in("ada", PASSWORD).await;
        refused.expect_problem(429);
        let wait: u64 = refused.header("retry-after").parse().expect("Retry-After in seconds");
        assert!((1..=2).contains(&wait), "Retry-After: {wait}");
    }
    User::register(plaza.b(), "bob").await;
    guessers[0].log_in("bob", PASSWORD).await.expect(200);
    until(Duration::from_secs(10), || async {
        let answer = guessers[1].log_in("ada", PASSWORD).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.status) }
    })
    .await
    .expect("the right password is let through");
    // Whoever knows the password has a new start.
    for attempt in 0..4 {
        guessers[attempt % 2].log_in("ada", "a guess").await.expect_problem(401);
    }
}

async fn every_answer_tells_what_is_left(setup: Setup) {
    let plaza = limited(setup).start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let answer = ada.api.get("/users/me").await;
    let (limit, policy) = (answer.header("ratelimit"), answer.header("ratelimit-policy"));
    assert!(limit.starts_with("\"requests\";r=1199;t="), "{limit}");
    assert_eq!(policy, "\"requests\";q=1200;w=60");
    let answer = Api::anonymous(plaza.b()).log_in("ada", PASSWORD).await;
    let names: Vec<_> =
        answer.header("ratelimit").split(", ").filter_map(|item| item.split('"').nth(1)).collect();
    assert_eq!(names, ["login-account", "login-address", "requests-address"]);
}

async fn requests_are_limited_by_user(setup: Setup) {
    let plaza = limited(setup).variable("PLAZA_LIMITS__REQUESTS_PER_USER", "3").start().await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.a(), "bob").await);
    let refused = until(Duration::from_secs(10), || async {
        let answer = ada.api.get("/users/me").await;
        if answer.status == 429 { Ok(answer) } else { Err(answer.status) }
    })
    .await
    .expect("refused");
    assert!(refused.header("ratelimit").starts_with("\"requests\";r=0;"), "{:?}", refused.headers);
    assert!(!refused.header("retry-after").is_empty());
    bob.api.get("/users/me").await.expect(200);
}

async fn requests_without_a_login_are_limited_by_address(setup: Setup) {
    let plaza = limited(setup).variable("PLAZA_LIMITS__REQUESTS_PER_ADDRESS", "20").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let anybody = Api::anonymous(plaza.a());
    let forger = anybody.with_token("not.a.token");
    for asker in [&anybody, &forger] {
        until(Duration::from_secs(10), || async {
            let answer = asker.get("/users/me").await;
            if answer.status == 429 { Ok(()) } else { Err(answer.status) }
        })
        .await
        .expect("refused");
    }
    ada.api.get("/users/me").await.expect(200);
    anybody.get("/healthz").await.expect(200);
}

async fn a_header_that_nobody_asks_for_is_no_way_around(setup: Setup) {
    let plaza = limited(setup).variable("PLAZA_LIMITS__REQUESTS_PER_ADDRESS", "20").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let anybody = Api::anonymous(plaza.a());
    let made_up = json!({ "refresh_token": "made up" });
    let bearer = "Bearer made-up";
    let asks = [
        ("//docs", bearer, Value::Null),
        ("/auth/refresh", bearer, made_up),
        ("/nowhere", bearer, Value::Null),
        ("/users/me", "Basic eDp5", Value::Null),
        ("/users/me", "x", Value::Null),
    ];
    for (path, header, body) in asks {
        let method = if body.is_null() { Method::GET } else { Method::POST };
        until(Duration::from_secs(10), || async {
            let request = anybody.request(method.clone(), path).header("Authorization", header).json(&body);
            let answer = anybody.send(request).await;
            if answer.status == 429 { Ok(()) } else { Err(answer.status) }
        })
        .await
        .unwrap_or_else(|status| panic!("{path} with {header} is not limited: {status}"));
    }
    until(Duration::from_secs(10), || async {
        match Socket::try_connect(plaza.a(), "", "made-up").await {
            Err(tungstenite::Error::Http(answer)) if answer.status() == 429 => Ok(()),
            other => Err(other.map(drop)),
        }
    })
    .await
    .expect("connections are limited");
    ada.api.get("/users/me").await.expect(200);
}

/// Logs in from behind a proxy.
async fn log_in_from(api: &Api, address: &str, password: &str) -> Answer {
    let body = json!({ "login": "ada", "password": password });
    let request = api.request(Method::POST, "/auth/login").header("x-forwarded-for", address);
    api.send(request.json(&body)).await
}

async fn who_guesses_at_one_address_keeps_the_owner_out_nowhere(setup: Setup) {
    // With the limits that a server has from the start.
    let plaza = Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    for attempt in 0..40 {
        let base = if attempt % 2 == 0 { plaza.a() } else { plaza.b() };
        let guess = log_in_from(&Api::anonymous(base), "203.0.113.66", "a guess").await;
        assert!([401, 429].contains(&guess.status.as_u16()), "{}", guess.text());
    }
    log_in_from(&Api::anonymous(plaza.b()), "203.0.113.7", PASSWORD).await.expect(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "a staple of another trade" });
    ada.api.put("/users/me/password", &change).await.expect(204);
}

async fn what_refuses_is_told_first(setup: Setup) {
    let plaza = limited(setup).variable("PLAZA_LIMITS__SECOND_FACTOR_PER_ACCOUNT", "1").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.api.post("/users/me/totp", &json!({ "password": PASSWORD })).await.expect(200);
    let code = json!({ "code": "000000" });
    ada.api.post("/users/me/totp/confirm", &code).await.expect_problem(422);
    let refused = ada.at(plaza.b()).api.post("/users/me/totp/confirm", &code).await;
    refused.expect_problem(429);
    let limits = refused.header("ratelimit");
    assert!(limits.starts_with("\"second-factor\";r=0;t="), "{limits}");
}
