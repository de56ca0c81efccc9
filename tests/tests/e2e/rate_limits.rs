//! How often requests are answered, and how those who guess are slowed down.

use plaza_tests::{
    Options, Setup, both_setups,
    client::{Api, PASSWORD, User},
    servers::wait::until,
};
use tokio::time::Duration;

both_setups!(
    who_guesses_waits_longer_each_time_and_is_never_kept_out,
    every_answer_tells_what_is_left,
    requests_are_limited_by_user,
    requests_without_a_login_are_limited_by_address,
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
