//! What every request, every message and every new row costs before anything is stored: checking an access token, with
//! both kinds of keys, rendering a text, and making an id. `cargo bench -p plaza-infrastructure --bench requests`.

use std::{sync::Arc, time::Duration};

use divan::Bencher;
use plaza_application::ports::{AccessClaims, AccessTokens, BoxError, KeyRing, Markup};
use plaza_domain::{Clock, IdGenerator, SessionId, SigningKey, UserId};
use plaza_infrastructure::{
    clock::{SystemClock, UuidV7Generator},
    content::CommonMark,
    security::{Ed25519KeyRing, JwtAccessTokens, ServerSecret},
};
use uuid::Uuid;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HOUR: Duration = Duration::from_secs(3_600);

fn main() {
    divan::main();
}

fn with_secret() -> Result<JwtAccessTokens, BoxError> {
    Ok(JwtAccessTokens::with_secret(&ServerSecret::new(SECRET), "plaza", "plaza"))
}

fn with_key_ring() -> Result<JwtAccessTokens, BoxError> {
    let ring = Ed25519KeyRing::new(&ServerSecret::new(SECRET))?;
    let new = ring.generate()?;
    let now = SystemClock.now();
    let key = SigningKey {
        number: 1,
        kid: new.kid,
        public_key: new.public_key,
        sealed_key: new.sealed_key,
        created_at: now - HOUR,
        signs_from: now - HOUR,
        verifies_until: None,
    };
    ring.hold(std::slice::from_ref(&key));
    Ok(JwtAccessTokens::with_key_ring(Arc::new(ring), "plaza", "plaza"))
}

fn claims() -> AccessClaims {
    let (ids, now) = (UuidV7Generator, SystemClock.now());
    AccessClaims {
        user_id: UserId::new(ids.next()),
        session_id: SessionId::new(ids.next()),
        issued_at: now,
        expires_at: now + HOUR,
    }
}

/// A token that was seen before is remembered; each of these is new.
fn verify_new(bencher: Bencher, tokens: Result<JwtAccessTokens, BoxError>) {
    match tokens {
        Ok(tokens) => bencher
            .with_inputs(|| tokens.issue(&claims()))
            .bench_values(|token| token.ok().map(|token| tokens.verify(&token))),
        // A benchmark has no result: what has failed is told.
        Err(error) => eprintln!("not measured: {error}"),
    }
}

#[divan::bench]
fn verify_a_new_access_token_of_the_key_ring(bencher: Bencher) {
    verify_new(bencher, with_key_ring());
}

#[divan::bench]
fn verify_a_new_access_token_of_the_secret(bencher: Bencher) {
    verify_new(bencher, with_secret());
}

#[divan::bench]
fn verify_a_remembered_access_token(bencher: Bencher) {
    match with_key_ring().and_then(|tokens| Ok((tokens.issue(&claims())?, tokens))) {
        Ok((token, tokens)) => bencher.bench(|| tokens.verify(&token)),
        Err(error) => eprintln!("not measured: {error}"),
    }
}

#[divan::bench]
fn issue_an_access_token(bencher: Bencher) {
    match with_key_ring() {
        Ok(tokens) => bencher.with_inputs(claims).bench_refs(|claims| tokens.issue(claims)),
        Err(error) => eprintln!("not measured: {error}"),
    }
}

/// As long as the messages of `plaza-bench`; and one with what Markdown has.
#[divan::bench(args = [
    "the quick brown fox jumps over the lazy dog and comes back for more of it, again and again, every day",
    "the **quick** brown `fox` jumps over the [lazy dog](https://example.org/dog) and comes back for *more* of it",
])]
fn render(bencher: Bencher, text: &str) {
    let markup = CommonMark::new();
    bencher.bench(|| markup.render(text));
}

#[divan::bench]
fn make_an_id() -> Uuid {
    UuidV7Generator.next()
}
