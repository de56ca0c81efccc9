//! What is tried against logins by OpenID providers, by browsers and by what calls itself a provider.

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, Browser},
    servers::FakeOpenId,
};
use serde_json::{Value, json};

use crate::{report::tell, turns::beside_others};

both_setups!(
    a_callback_is_for_the_browser_that_left_and_once,
    what_a_provider_answers_is_not_believed,
    a_provider_cannot_speak_for_another_one,
    nobody_is_sent_to_where_the_operator_does_not_want_them,
    what_providers_and_strangers_write_is_not_shown,
    a_provider_that_changes_its_keys_is_believed,
    a_provider_that_misbehaves_wastes_little,
    what_providers_write_in_their_own_way_is_understood,
    a_code_for_a_challenge_ends_in_apps_that_are_listed_alone,
);

/// Where users find all instances; nobody listens there, the tests go to an instance instead.
const PUBLIC_URL: &str = "http://plaza.test";

async fn start(setup: Setup, providers: &[(&str, &FakeOpenId)]) -> Plaza {
    let mut options = Options::new(setup).variable("PLAZA_SERVER__PUBLIC_URL", PUBLIC_URL);
    for (id, provider) in providers {
        let key = |name: &str| format!("PLAZA_OIDC__PROVIDERS__{}__{name}", id.to_uppercase());
        options = options
            .variable(&key("ISSUER"), provider.issuer())
            .variable(&key("CLIENT_ID"), FakeOpenId::CLIENT_ID)
            .variable(&key("CLIENT_SECRET"), FakeOpenId::CLIENT_SECRET)
            .variable(&key("ALLOW_REGISTRATION"), "true");
    }
    options.start().await
}

/// What a browser was sent to a provider with.
struct Sent {
    state: String,
    nonce: String,
    code_challenge: String,
}

async fn begin(browser: &mut Browser, base: &str, provider: &str) -> Sent {
    let begun = browser.visit(&format!("{base}/api/v1/auth/oidc/{provider}/login")).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let url = reqwest::Url::parse(begun.header("location")).expect("an address");
    let parameter = |name: &str| {
        let found = url.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("{name} is missing in {url}")).1.into_owned()
    };
    assert_eq!(
        (parameter("response_type").as_str(), parameter("code_challenge_method").as_str()),
        ("code", "S256")
    );
    assert!(parameter("scope").split(' ').any(|scope| scope == "openid"), "{url}");
    Sent { state: parameter("state"), nonce: parameter("nonce"), code_challenge: parameter("code_challenge") }
}

async fn come_back(browser: &mut Browser, base: &str, provider: &str, query: &[(&str, &str)]) -> Answer {
    let url = format!("{base}/api/v1/auth/oidc/{provider}/callback");
    let url = reqwest::Url::parse_with_params(&url, query).expect("an address");
    browser.visit(url.as_str()).await
}

/// Begins at one instance and comes back to the other one, with a token that says what `change` makes of a good one.
async fn with_token(
    plaza: &Plaza,
    provider: &FakeOpenId,
    signed: fn(&FakeOpenId, &Value) -> String,
    change: impl FnOnce(&mut Value),
) -> Answer {
    let mut browser = Browser::new();
    let sent = begin(&mut browser, plaza.a(), "corp").await;
    let mut claims = provider.claims("ada", &sent.nonce);
    change(&mut claims);
    provider.answer_with(&signed(provider, &claims));
    let back =
        come_back(&mut browser, plaza.b(), "corp", &[("state", &sent.state), ("code", "a-code")]).await;
    assert_eq!(provider.shown_challenge(), sent.code_challenge, "the verifier fits the challenge");
    back
}

async fn a_callback_is_for_the_browser_that_left_and_once(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    let mut browser = Browser::new();
    let sent = begin(&mut browser, plaza.a(), "corp").await;
    provider.answer_with(&provider.sign(&provider.claims("ada", &sent.nonce)));
    let code = ("code", "a-code");

    // Made up, left out, or with nothing else.
    let mut refused = 0;
    for query in [vec![], vec![code], vec![("state", "made-up"), code], vec![("state", ""), code]] {
        come_back(&mut browser, plaza.b(), "corp", &query).await.expect_problem(401);
        refused += 1;
    }
    // An attacker's flow in the victim's browser (login CSRF), and the other way round.
    let mut attacker = Browser::new();
    let theirs = begin(&mut attacker, plaza.a(), "corp").await;
    come_back(&mut browser, plaza.b(), "corp", &[("state", &theirs.state), code]).await.expect_problem(401);
    let mut other = Browser::new();
    let known = begin(&mut other, plaza.a(), "corp").await;
    come_back(&mut Browser::new(), plaza.b(), "corp", &[("state", &known.state), code])
        .await
        .expect_problem(401);
    assert_eq!(provider.exchanges(), 0, "no code is redeemed before the browser is known");
    // What was tried with a wrong browser is over.
    come_back(&mut other, plaza.b(), "corp", &[("state", &known.state), code]).await.expect_problem(401);
    refused += 3;

    let query = [("state", sent.state.as_str()), code];
    let done = come_back(&mut browser, plaza.b(), "corp", &query).await;
    assert_eq!(done.status, 200, "{}", done.text());
    for base in [plaza.a(), plaza.b()] {
        come_back(&mut browser, base, "corp", &query).await.expect_problem(401);
        refused += 1;
    }
    assert_eq!(provider.exchanges(), 1);
    tell(
        setup,
        "callbacks of other browsers, and late ones",
        &format!("tried = {refused}, answered 401 = {refused}, codes redeemed for them = 0"),
    );
}

async fn what_a_provider_answers_is_not_believed(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    let now = provider.claims("ada", "")["iat"].as_i64().expect("a time");
    let wrong: Vec<(&str, Value)> = vec![
        ("nonce", json!("another-nonce")),
        ("nonce", Value::Null),
        ("iss", json!("https://id.example.org")),
        ("iss", json!(format!("{}/", provider.issuer()))),
        ("aud", json!("another-client")),
        ("aud", json!([])),
        ("aud", json!([FakeOpenId::CLIENT_ID, "another-client"])),
        ("azp", json!("another-client")),
        ("exp", json!(now - 120)),
        ("iat", json!(now - 3_600)),
        ("iat", json!(now + 3_600)),
        ("sub", json!("")),
        ("sub", json!("a".repeat(256))),
        ("at_hash", json!("bm90IG9mIHRoaXMgdG9rZW4")),
    ];
    let mut refused = 0;
    for (claim, value) in wrong {
        let back = with_token(&plaza, &provider, FakeOpenId::sign, |claims| {
            match &value {
                Value::Null => drop(claims.as_object_mut().map(|claims| claims.remove(claim))),
                value => claims[claim] = value.clone(),
            };
        });
        let back = back.await;
        assert_eq!(back.status, 401, "{claim} = {value}: {}", back.text());
        refused += 1;
    }
    for (how, signed) in [
        ("alg none", FakeOpenId::unsigned as fn(&FakeOpenId, &Value) -> String),
        ("alg none, with a signature", FakeOpenId::unsigned_with_signature),
        ("HS256 with the client's secret", FakeOpenId::signed_with_client_secret),
        ("HS256 with the public key", FakeOpenId::signed_with_public_key),
        ("another key of the same name", FakeOpenId::signed_by_another),
        ("an access token's type", FakeOpenId::signed_as_access_token),
        ("no token", |_, _| String::new()),
        ("garbage", |_, _| "a.b.c".to_owned()),
    ] {
        let back = with_token(&plaza, &provider, signed, |_| {}).await;
        assert!([401, 503].contains(&back.status.as_u16()), "{how}: {} {}", back.status, back.text());
        assert!(!back.text().contains("<code>"), "{how}");
        refused += 1;
    }
    let good = with_token(&plaza, &provider, FakeOpenId::sign, |_| {}).await;
    assert_eq!(good.status, 200, "{}", good.text());
    let for_several = with_token(&plaza, &provider, FakeOpenId::sign, |claims| {
        claims["aud"] = json!([FakeOpenId::CLIENT_ID, "another-client"]);
        claims["azp"] = json!(FakeOpenId::CLIENT_ID);
    });
    assert_eq!(for_several.await.status, 200);
    provider.refuse_codes();
    let mut browser = Browser::new();
    let sent = begin(&mut browser, plaza.a(), "corp").await;
    let query = [("state", sent.state.as_str()), ("code", "of-another-client")];
    come_back(&mut browser, plaza.b(), "corp", &query).await.expect_problem(401);
    refused += 1;
    tell(setup, "bad ID tokens and codes", &format!("tried = {refused}, refused = {refused}, logins = 0"));
}

async fn a_provider_cannot_speak_for_another_one(setup: Setup) {
    let _turn = beside_others().await;
    let (honest, evil) = (FakeOpenId::start().await, FakeOpenId::start().await);
    honest.promise_to_tell_who_it_is();
    let plaza = start(setup, &[("honest", &honest), ("evil", &evil)]).await;
    let mut browser = Browser::new();
    // Begun with one, ended with the other (mix-up).
    let sent = begin(&mut browser, plaza.a(), "honest").await;
    let query = [("state", sent.state.as_str()), ("code", "an-honest-code")];
    come_back(&mut browser, plaza.b(), "evil", &query).await.expect_problem(401);
    assert_eq!((honest.exchanges(), evil.exchanges()), (0, 0), "nobody is shown the code");
    // The right place, said to come from another, or from nobody.
    let mut refused = 1;
    for said in [Some(evil.issuer()), Some(""), None] {
        let sent = begin(&mut browser, plaza.a(), "honest").await;
        honest.answer_with(&honest.sign(&honest.claims("ada", &sent.nonce)));
        let mut query = vec![("state", sent.state.as_str()), ("code", "an-honest-code")];
        query.extend(said.map(|said| ("iss", said)));
        come_back(&mut browser, plaza.b(), "honest", &query).await.expect_problem(401);
        refused += 1;
    }
    assert_eq!(honest.exchanges(), 0);
    let sent = begin(&mut browser, plaza.a(), "honest").await;
    honest.answer_with(&honest.sign(&honest.claims("ada", &sent.nonce)));
    let query = [("state", sent.state.as_str()), ("code", "a-code"), ("iss", honest.issuer())];
    let done = come_back(&mut browser, plaza.b(), "honest", &query).await;
    assert_eq!(done.status, 200, "{}", done.text());
    // The same subject, said by somebody else, is somebody else; and the address is taken.
    let sent = begin(&mut browser, plaza.a(), "evil").await;
    evil.answer_with(&evil.sign(&evil.claims("ada", &sent.nonce)));
    let query = [("state", sent.state.as_str()), ("code", "a-code")];
    come_back(&mut browser, plaza.b(), "evil", &query).await.expect_problem(409);
    refused += 1;
    tell(setup, "a provider in the place of another", &format!("tried = {refused}, refused = {refused}"));
}

async fn nobody_is_sent_to_where_the_operator_does_not_want_them(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    let api = Api::anonymous(plaza.a());
    let mut refused = 0;
    for return_to in [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "/%09/evil.example",
        "http://plaza.test@evil.example/",
        "http://plaza.test.evil.example/",
        "http://plaza.test:8080/",
        "https://plaza.test/",
        "javascript:alert(1)",
        "/%23login_code=mine",
    ] {
        let path = format!("/auth/oidc/corp/login?return_to={return_to}");
        let problem = api.get(&path).await.expect_problem(422);
        assert_eq!(problem["errors"][0]["field"], "return_to", "{return_to}");
        refused += 1;
    }
    for challenge in ["", "short", &"a".repeat(44), &"%".repeat(43)] {
        let path =
            reqwest::Url::parse_with_params("http://x", [("code_challenge", challenge)]).expect("an address");
        let path = format!("/auth/oidc/corp/login?{}", path.query().unwrap_or_default());
        assert_eq!(api.get(&path).await.expect_problem(422)["errors"][0]["field"], "code_challenge");
        refused += 1;
    }
    tell(setup, "addresses to be sent to", &format!("tried = {refused}, refused = {refused}"));
}

async fn what_providers_and_strangers_write_is_not_shown(setup: Setup) {
    const SCRIPT: &str = "<script>alert(1)</script>";
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    let mut browser = Browser::new();
    let mut pages = Vec::new();
    for error in ["access_denied", "server_error", SCRIPT] {
        let sent = begin(&mut browser, plaza.a(), "corp").await;
        let query = [
            ("state", sent.state.as_str()),
            ("error", error),
            ("error_description", SCRIPT),
            ("error_uri", SCRIPT),
        ];
        let refused = come_back(&mut browser, plaza.b(), "corp", &query).await;
        refused.expect_problem(401);
        pages.push(refused.text());
        assert_eq!(refused.header("x-content-type-options"), "nosniff");
    }
    // Names are only names.
    let named = with_token(&plaza, &provider, FakeOpenId::sign, |claims| {
        claims["name"] = json!(SCRIPT);
        claims["preferred_username"] = json!(SCRIPT);
    });
    let page = named.await;
    assert_eq!(page.status, 200, "{}", page.text());
    pages.push(page.text());
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let shown: Vec<_> = pages.iter().filter(|page| page.contains("alert")).collect();
    let counts = format!("tried = {}, shown = {}", pages.len(), shown.len());
    tell(setup, "scripts in what a provider says", &counts);
    assert!(shown.is_empty(), "{shown:?}");
}

async fn a_provider_that_changes_its_keys_is_believed(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    assert_eq!(with_token(&plaza, &provider, FakeOpenId::sign, |_| {}).await.status, 200);
    provider.change_key();
    let patience = std::time::Duration::from_secs(40);
    let believed = plaza_tests::servers::until(patience, || async {
        let back = with_token(&plaza, &provider, FakeOpenId::sign, |_| {}).await;
        if back.status == 200 { Ok(()) } else { Err(back.status) }
    });
    believed.await.expect("the new key is read");
    // Tokens can name any key: they do not make Plaza ask again and again.
    let before = provider.key_requests();
    for _ in 0..5 {
        with_token(&plaza, &provider, FakeOpenId::signed_by_unknown, |_| {}).await.expect_problem(401);
    }
    let requests = provider.key_requests() - before;
    assert!(requests <= 1, "{requests} more");
    let counts = format!("tried = 5, refused = 5, times the provider was asked for its keys = {requests}");
    tell(setup, "ID tokens by keys that nobody knows", &counts);
}

async fn a_provider_that_misbehaves_wastes_little(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    let good = with_token(&plaza, &provider, FakeOpenId::sign, |_| {}).await;
    assert_eq!(good.status, 200, "{}", good.text());
    let mut slowest = std::time::Duration::ZERO;
    for manner in FakeOpenId::BAD_MANNERS {
        provider.behave(manner);
        let begun = std::time::Instant::now();
        let back = with_token(&plaza, &provider, FakeOpenId::sign, |_| {}).await;
        back.expect_problem(503);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{manner:?}: {:?}", begun.elapsed());
        slowest = slowest.max(begun.elapsed());
        // Of 64 MiB; some are on their way when who asks hangs up.
        assert!(provider.sent_bytes() < 16 * 1024 * 1024, "{manner:?}: {} bytes", provider.sent_bytes());
    }
    assert_eq!(provider.redirected(), 0, "nobody is asked because somebody else says so");
    let tried = FakeOpenId::BAD_MANNERS.len();
    let counts = format!("tried = {tried}, answered 503 = {tried}, slowest after {} ms", slowest.as_millis());
    tell(setup, "providers that misbehave", &counts);
}

async fn what_providers_write_in_their_own_way_is_understood(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    for (claim, value) in
        [("updated_at", json!("2026-01-02T03:04:05.678Z")), ("email_verified", json!("true"))]
    {
        let back = with_token(&plaza, &provider, FakeOpenId::sign, |claims| claims[claim] = value.clone());
        let back = back.await;
        assert_eq!(back.status, 200, "{claim} = {value}: {}", back.text());
    }
}

async fn a_code_for_a_challenge_ends_in_apps_that_are_listed_alone(setup: Setup) {
    let _turn = beside_others().await;
    let provider = FakeOpenId::start().await;
    let plaza = start(setup, &[("corp", &provider)]).await;
    // Anybody can make up a challenge, and lead others to a login with it.
    let challenge = "A".repeat(43);
    for return_to in ["/", "/chat?next=https://evil.example", "http://plaza.test/chat"] {
        let query = [("return_to", return_to), ("code_challenge", challenge.as_str())];
        let url = reqwest::Url::parse_with_params("http://x", query).expect("an address");
        let path = format!("/auth/oidc/corp/login?{}", url.query().unwrap_or_default());
        let problem = Api::anonymous(plaza.a()).get(&path).await.expect_problem(422);
        assert_eq!(problem["errors"][0]["field"], "return_to", "{return_to}");
    }
}
