//! What attackers try with tokens. Each test prints its counts:
//! `cargo test -p plaza-tests --test e2e -- attacks:: --nocapture`.
#![expect(clippy::print_stdout, reason = "the counts are what these tests are run for")]

use std::time::Duration;

use futures::future::join_all;
use plaza_application::ports::Secrets;
use plaza_infrastructure::security::RandomSecrets;
use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Answer, Api, User},
};
use serde_json::{Value, json};

use crate::database::OpenPlaza;

/// How soon the connections of a session end that was stolen.
const SOON: Duration = Duration::from_secs(2);
const PARALLEL: usize = 50;

both_setups!(
    fifty_parallel_refreshes_of_one_token_leave_one_chain,
    a_replayed_refresh_token_ends_the_session_and_its_connections,
);

async fn refresh(api: &Api, token: &str) -> Answer {
    api.post("/auth/refresh", &json!({ "refresh_token": token })).await
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn fifty_parallel_refreshes_of_one_token_leave_one_chain(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options).await;
    let (a, b) = (open.plaza.a(), open.plaza.b());
    let ada = User::register(a, "ada").await;
    let attackers = [Api::anonymous(a), Api::anonymous(b)];
    let answers = join_all((0..PARALLEL).map(|number| refresh(&attackers[number % 2], &ada.refresh_token)));
    let answers = answers.await;

    let mut live = Vec::new();
    let mut granted = 0;
    for answer in &answers {
        if answer.status == 401 {
            continue;
        }
        granted += 1;
        let token = text(&answer.expect(200)["refresh_token"]);
        let mut read = open.store.read().await.expect("the database");
        let stored = read.sessions().find_token(RandomSecrets.digest(&token)).await.expect("the database");
        if stored.expect("what was given is stored").consumed_at.is_none() {
            live.push(token);
        }
    }
    println!("{setup:?}: {PARALLEL} refreshes: {granted} granted, {} live chain(s)", live.len());
    assert_eq!(live.len(), 1);
    let chain = refresh(&attackers[1], &live[0]).await.expect(200);
    attackers[0].with_token(&text(&chain["access_token"])).get("/users/me").await.expect(200);

    // Whoever comes with one of the others ends it for all.
    let dead = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| text(&answer.json()["refresh_token"]));
    let mut refused = 0;
    for token in dead {
        refresh(&attackers[0], &token).await.expect_problem(401);
        refused += 1;
    }
    println!("{setup:?}: {refused} tokens shown again: {refused} refused");
    refresh(&attackers[1], &text(&chain["refresh_token"])).await.expect_problem(401);
    ada.api.get("/users/me").await.expect_problem(401);
}

async fn a_replayed_refresh_token_ends_the_session_and_its_connections(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let other_login = User::log_in(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.a());
    let second = refresh(&anyone, &ada.refresh_token).await.expect(200);
    let third = refresh(&anyone, &text(&second["refresh_token"])).await.expect(200);
    let mut sockets = Vec::new();
    for user in [ada.at(plaza.a()), ada.at(plaza.b())] {
        let mut socket = user.connect().await;
        socket.expect_type("hello").await;
        socket.settle().await;
        sockets.push(socket);
    }
    let mut kept = other_login.at(plaza.b()).connect().await;
    kept.expect_type("hello").await;

    refresh(&anyone.at(plaza.b()), &ada.refresh_token).await.expect_problem(401);

    for socket in &mut sockets {
        assert_eq!(socket.ends_within(SOON).await, Some(4401), "closed within two seconds");
    }
    refresh(&anyone, &text(&third["refresh_token"])).await.expect_problem(401);
    let tokens = [ada.api.token().to_owned(), text(&second["access_token"]), text(&third["access_token"])];
    for token in &tokens {
        for base in [plaza.a(), plaza.b()] {
            anyone.at(base).with_token(token).get("/users/me").await.expect_problem(401);
        }
    }
    println!("{setup:?}: {} connections closed, {} access tokens refused", sockets.len(), tokens.len());
    other_login.api.get("/users/me").await.expect(200);
    kept.settle().await;
}
