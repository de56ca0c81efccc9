//! Refresh tokens that more than one has: of many uses at once one counts, and of late ones none.

use std::time::Duration;

use futures::future::join_all;
use plaza_application::ports::Secrets;
use plaza_infrastructure::security::{OpaqueSecrets, ServerSecret};
use plaza_tests::{
    OpenPlaza, Plaza, Setup, both_setups,
    client::{Answer, Api, Socket, User},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{report::tell, turns::beside_others};

/// How soon the connections of a session end that was stolen.
const SOON: Duration = Duration::from_secs(2);
const PARALLEL: usize = 50;
const SESSIONS: usize = 5;

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
    let _turn = beside_others().await;
    let open = OpenPlaza::start(setup, |options| options).await;
    let (a, b) = (open.plaza.a(), open.plaza.b());
    User::register(a, "ada").await;
    let attackers = [Api::anonymous(a), Api::anonymous(b)];
    let (mut chains, mut granted, mut refused, mut late) = (Vec::new(), 0, 0, 0);
    for _ in 0..SESSIONS {
        let session = User::log_in(a, "ada").await;
        let answers =
            join_all((0..PARALLEL).map(|number| refresh(&attackers[number % 2], &session.refresh_token)));
        let (mut tokens, mut live) = (Vec::new(), Vec::new());
        for answer in answers.await {
            if answer.status == 401 {
                refused += 1;
                continue;
            }
            let token = text(&answer.expect(200)["refresh_token"]);
            if is_unused(&open, &token).await {
                live.push(token.clone());
            }
            tokens.push(token);
        }
        granted += tokens.len();
        chains.push(live.len());
        assert_eq!(live.len(), 1, "one chain is live after {} refreshes were granted", tokens.len());
        let chain = refresh(&attackers[1], &live[0]).await.expect(200);
        attackers[0].with_token(&text(&chain["access_token"])).get("/users/me").await.expect(200);

        // Whoever comes with one of the others, or with the first again, ends it for all.
        tokens.push(session.refresh_token.clone());
        for token in &tokens {
            refresh(&attackers[0], token).await.expect_problem(401);
            late += 1;
        }
        refresh(&attackers[1], &text(&chain["refresh_token"])).await.expect_problem(401);
        session.api.get("/users/me").await.expect_problem(401);
    }
    tell(
        setup,
        &format!("{PARALLEL} parallel refreshes of one token"),
        &format!(
            "sessions = {SESSIONS}, live chains = {chains:?}, granted = {granted}, refused = {refused}, \
             shown again later = {late}, refused = {late}"
        ),
    );
}

/// Whether a refresh token would still be taken.
async fn is_unused(open: &OpenPlaza, token: &str) -> bool {
    let digest = OpaqueSecrets::new(&ServerSecret::new("")).digest(token);
    let mut read = open.store.read().await.expect("the database");
    let stored = read.sessions().find_token(digest).await.expect("the database");
    stored.expect("what was given is stored").consumed_at.is_none()
}

async fn a_replayed_refresh_token_ends_the_session_and_its_connections(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "ada").await;
    let kept = User::log_in(plaza.a(), "ada").await;
    let mut kept_socket = connected(&kept, plaza.b()).await;
    let anyone = Api::anonymous(plaza.a());
    let (mut times, mut refused) = (Vec::new(), 0);
    for _ in 0..SESSIONS {
        let stolen = User::log_in(plaza.a(), "ada").await;
        let second = refresh(&anyone, &stolen.refresh_token).await.expect(200);
        let third = refresh(&anyone, &text(&second["refresh_token"])).await.expect(200);
        let mut here = connected(&stolen, plaza.a()).await;
        let mut there = connected(&stolen, plaza.b()).await;

        let began = Instant::now();
        let replayed = refresh(&anyone, &stolen.refresh_token);
        let (replayed, here, there) = tokio::join!(replayed, ended(&mut here), ended(&mut there));
        replayed.expect_problem(401);
        for end in [here, there] {
            times.push((end - began).as_millis());
        }
        refresh(&anyone, &text(&third["refresh_token"])).await.expect_problem(401);
        for token in [stolen.api.token(), &text(&second["access_token"]), &text(&third["access_token"])] {
            for base in [plaza.a(), plaza.b()] {
                anyone.at(base).with_token(token).get("/users/me").await.expect_problem(401);
                refused += 1;
            }
        }
    }
    kept.api.get("/users/me").await.expect(200);
    kept_socket.settle().await;
    tell(
        setup,
        "a used refresh token is replayed",
        &format!(
            "sessions = {SESSIONS}, ended = {SESSIONS}, connections = {}, closed = {}, slowest after {} ms \
             (bound {} ms), access tokens shown = {refused}, refused = {refused}",
            times.len(),
            times.len(),
            times.iter().max().expect("a time"),
            SOON.as_millis(),
        ),
    );
}

async fn connected(user: &User, base: &str) -> Socket {
    let mut socket = user.at(base).connect().await;
    socket.expect_type("hello").await;
    socket.settle().await;
    socket
}

/// When a connection was closed because its session has ended.
async fn ended(socket: &mut Socket) -> Instant {
    assert_eq!(socket.ends_within(SOON).await, Some(4401), "closed within two seconds");
    Instant::now()
}
