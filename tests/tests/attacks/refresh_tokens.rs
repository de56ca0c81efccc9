//! Refresh tokens that were never given.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fastrand::Rng;
use futures::{StreamExt, future::ready, stream};
use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, User},
};
use serde_json::{Value, json};

use crate::{report::tell, turns::beside_others};

const SEED: u64 = 7;
const PARALLEL: usize = 8;
/// More than the document allows.
const TOO_LONG: usize = 129;

both_setups!(what_is_no_refresh_token_refreshes_nothing);

async fn what_is_no_refresh_token_refreshes_nothing(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let (ended, bob) = (User::log_in(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    ended.api.post_empty("/auth/logout").await.expect(204);
    let ticket = ada.api.post_empty("/auth/ws-ticket").await.expect(200);
    let mut bad = made_of(&ada.refresh_token);
    bad.push(ended.refresh_token.clone());
    bad.extend(ticket["ticket"].as_str().map(str::to_owned));
    bad.extend(
        ["null", "undefined", "0", "*", "%", "' OR '1'='1", "../..", "\0", "ä", "\u{202e}"]
            .map(str::to_owned),
    );
    bad.push(format!("{}{}", ada.refresh_token, bob.refresh_token));
    bad.extend([String::new(), "A".repeat(TOO_LONG), "A".repeat(100_000), ada.api.token().to_owned()]);
    assert!(!bad.contains(&ada.refresh_token));

    let refused = answered(&plaza, bad.iter().map(|token| json!({ "refresh_token": token })), 401).await;
    // What is no text can be none.
    let right = &ada.refresh_token;
    let malformed = [json!(7), json!(true), json!([]), json!([right]), json!({ "$ne": null })];
    let no_texts = malformed.len();
    let malformed = malformed.into_iter().map(|token| json!({ "refresh_token": token }));
    let invalid = answered(&plaza, malformed, 422).await;
    tell(
        setup,
        "bad refresh tokens",
        &format!(
            "tokens = {}, answered 401 = {refused}, others = {}; no texts = {no_texts}, answered 422 = {invalid}",
            bad.len(),
            bad.len() - refused,
        ),
    );
    assert_eq!((refused, invalid), (bad.len(), no_texts));
    // Nobody has ended the session by guessing.
    let refresh = json!({ "refresh_token": ada.refresh_token });
    Api::anonymous(plaza.a()).post("/auth/refresh", &refresh).await.expect(200);
}

/// How many of these bodies are answered with that status. Others are printed.
async fn answered(plaza: &Plaza, bodies: impl Iterator<Item = Value>, status: u16) -> usize {
    let bases = [Api::anonymous(plaza.a()), Api::anonymous(plaza.b())];
    let attempts = bodies.enumerate().map(|(number, body)| {
        let anyone = &bases[number % 2];
        async move {
            let answer = anyone.post("/auth/refresh", &body).await;
            let is_refused = answer.status.as_u16() == status;
            if is_refused {
                answer.expect_problem(status);
            } else {
                println!("{body}: {}", answer.status);
            }
            is_refused
        }
    });
    stream::iter(attempts).buffer_unordered(PARALLEL).filter(|is_refused| ready(*is_refused)).count().await
}

/// What is nearly that token.
fn made_of(right: &str) -> Vec<String> {
    let mut rng = Rng::with_seed(SEED);
    let bytes = BASE64.decode(right).expect("base64");
    let mut all: Vec<String> = (0..bytes.len() * 8)
        .map(|bit| {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            BASE64.encode(bytes)
        })
        .collect();
    all.extend((1..right.len()).map(|end| right[..end].to_owned()));
    all.extend((1..right.len()).map(|start| right[start..].to_owned()));
    let last = &right[..right.len() - 1];
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
    all.extend(letters.filter(|letter| !right.ends_with(*letter)).map(|letter| format!("{last}{letter}")));
    for _ in 0..50 {
        let mut bytes = [0; 32];
        bytes.fill_with(|| rng.u8(..));
        all.push(BASE64.encode(bytes));
    }
    for (before, after) in
        [(" ", ""), ("", " "), ("", "\n"), ("\t", ""), ("", "="), ("", "\0"), ("\u{feff}", "")]
    {
        all.push(format!("{before}{right}{after}"));
    }
    all.push(right.to_uppercase());
    all.push(right.to_lowercase());
    all
}
