//! What attackers try with tokens, and with ids of others. Each test prints its counts:
//! `cargo test -p plaza-tests --test e2e -- attacks:: --nocapture`.
#![expect(clippy::print_stdout, reason = "the counts are what these tests are run for")]

mod sweep;

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header, decode_header, encode};
use plaza_application::ports::{AccessClaims, AccessTokens, KeyRing, Secrets};
use plaza_domain::{Clock, SessionId, Timestamp};
use plaza_infrastructure::{
    clock::SystemClock,
    security::{Ed25519KeyRing, JwtAccessTokens, OpaqueSecrets, ServerSecret},
};
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, Socket, User},
};
use serde_json::{Value, json};

use crate::{
    bad_tokens::{Bad, made_without_a_key, said_wrongly, signed_with_other_keys, typed},
    database::OpenPlaza,
};

const SECRET: &str = "a secret that only these tests and their servers know";
/// How soon the connections of a session end that was stolen.
const SOON: Duration = Duration::from_secs(2);
const PARALLEL: usize = 50;

both_setups!(
    fifty_parallel_refreshes_of_one_token_leave_one_chain,
    a_replayed_refresh_token_ends_the_session_and_its_connections,
    bad_tokens_are_always_refused,
    bad_tokens_are_always_refused_also_with_a_secret_key,
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
        let stored = read
            .sessions()
            .find_token(OpaqueSecrets::new(&ServerSecret::new("")).digest(&token))
            .await
            .expect("the database");
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

async fn bad_tokens_are_always_refused(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options.variable("PLAZA_AUTH__SECRET", SECRET)).await;
    let ada = User::register(open.plaza.a(), "ada").await;
    // Who has the server's secret and its database can sign as it does.
    let ring = Ed25519KeyRing::new(&ServerSecret::new(SECRET)).expect("a ring");
    let mut read = open.store.read().await.expect("the database");
    let mut keys = read.signing_keys().list(SystemClock.now()).await.expect("the database");
    // Who signs by hand also signs what is older than the key.
    keys.iter_mut().for_each(|key| key.signs_from = Timestamp::UNIX_EPOCH);
    assert_eq!(ring.hold(&keys), 0);
    let ring = Arc::new(ring);
    let sign = |issuer: &str, audience: &str, claims: &AccessClaims| {
        let tokens = JwtAccessTokens::with_key_ring(Arc::clone(&ring), issuer, audience);
        tokens.issue(claims).expect("a token")
    };
    let published = Api::anonymous(open.plaza.a()).get("//.well-known/jwks.json").await.expect(200);
    let mut bad = made_without_a_key(ada.api.token());
    let public_keys = published["keys"].as_array().expect("keys");
    assert_eq!(public_keys.len(), 1);
    bad.extend(signed_with_other_keys(ada.api.token(), public_keys));
    bad.push(("a token of an earlier version", signed_with_secret(&ada, &typed(Algorithm::HS256))));
    try_all(setup, &open.plaza, &ada, bad, sign).await;
}

async fn bad_tokens_are_always_refused_also_with_a_secret_key(setup: Setup) {
    let plaza = Options::new(setup)
        .variable("PLAZA_AUTH__SECRET", SECRET)
        .variable("PLAZA_AUTH__ALGORITHM", "HS256")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let sign = |issuer: &str, audience: &str, claims: &AccessClaims| {
        let tokens = JwtAccessTokens::with_secret(&ServerSecret::new(SECRET), issuer, audience);
        tokens.issue(claims).expect("a token")
    };
    let mut bad = made_without_a_key(ada.api.token());
    bad.extend(signed_with_other_keys(ada.api.token(), &[]));
    let right = decode_header(ada.api.token()).expect("a header");
    let wrong = [
        ("a token of an earlier version", typed(Algorithm::HS256)),
        ("the type of an ID token", Header { typ: Some("JWT".to_owned()), ..right.clone() }),
        ("no type", Header { typ: None, ..right.clone() }),
        ("HS384 with the right key", Header { alg: Algorithm::HS384, ..right.clone() }),
    ];
    // The same by the same hand is let in when nothing is wrong with it.
    ada.api.with_token(&signed_with_secret(&ada, &right)).get("/users/me").await.expect(200);
    bad.extend(wrong.map(|(what, header)| (what, signed_with_secret(&ada, &header))));
    try_all(setup, &plaza, &ada, bad, sign).await;
}

/// What a user's token says, signed with the key that follows from the secret.
fn signed_with_secret(user: &User, header: &Header) -> String {
    let payload = user.api.token().split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&BASE64.decode(payload).expect("base64")).expect("JSON");
    let key = ServerSecret::new(SECRET).derive("plaza/access-token/1");
    encode(header, &claims, &EncodingKey::from_secret(&key)).expect("a token")
}

/// Shows every bad token to every instance, over REST and as a WebSocket; `sign` signs as the server does.
async fn try_all(
    setup: Setup,
    plaza: &Plaza,
    ada: &User,
    mut bad: Vec<Bad>,
    sign: impl Fn(&str, &str, &AccessClaims) -> String,
) {
    let now = SystemClock.now();
    let right = AccessClaims {
        user_id: ada.id.parse().expect("an id"),
        session_id: session_of(ada),
        issued_at: now,
        expires_at: now + Duration::from_secs(600),
    };
    bad.extend(said_wrongly(&right, &sign));
    // The same by the same hand is let in when nothing is wrong with it.
    let good = sign("plaza", "plaza", &right);
    ada.api.with_token(&good).get("/users/me").await.expect(200);

    let mut refused = 0;
    for base in [plaza.a(), plaza.b()] {
        for (what, token) in &bad {
            let answer = ada.api.at(base).with_token(token).get("/users/me").await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.text());
            let problem = answer.expect_problem(401);
            assert!(!problem.to_string().contains("Invalid"), "no internals: {problem}");
            let mut by_header = Socket::connect(base, "", token).await;
            assert_eq!(by_header.close_code().await, 4401, "{what}");
            let mut by_frame = Socket::connect(base, "", "").await;
            by_frame.send(json!({ "type": "authenticate", "token": token })).await;
            assert_eq!(by_frame.close_code().await, 4401, "{what}");
            refused += 3;
        }
    }
    println!("{setup:?}: {} bad tokens, {refused} attempts: {refused} refused", bad.len());
    ada.api.get("/users/me").await.expect(200);
}

fn session_of(user: &User) -> SessionId {
    let payload = user.api.token().split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&BASE64.decode(payload).expect("base64")).expect("JSON");
    claims["sid"].as_str().and_then(|sid| sid.parse().ok()).expect("a session")
}
