//! Signing keys: published, rotated while everybody stays logged in, and known to all instances.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, User},
    servers::wait::until,
};
use serde_json::{Value, json};

const KEYS: &str = "//.well-known/jwks.json";
const ANNOUNCEMENT_SECONDS: &str = "5";
/// An announcement, and a busy machine.
const ROTATION: Duration = Duration::from_secs(40);

both_setups!(
    others_check_tokens_with_the_published_keys,
    a_new_key_signs_after_its_announcement_and_nobody_is_logged_out,
    a_secret_key_is_used_by_configuration,
);

async fn published(base: &str) -> Vec<Value> {
    let keys = Api::anonymous(base).get(KEYS).await.expect(200);
    keys["keys"].as_array().expect("keys").clone()
}

fn kid(token: &str) -> String {
    decode_header(token).expect("a header").kid.expect("every token names its key")
}

fn names(keys: &[Value]) -> Vec<&str> {
    keys.iter().filter_map(|key| key["kid"].as_str()).collect()
}

async fn others_check_tokens_with_the_published_keys(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let keys = published(plaza.a()).await;
    assert_eq!(keys, published(plaza.b()).await);
    let [key] = keys.as_slice() else { panic!("one key was made by all instances: {keys:?}") };
    assert_eq!(
        (&key["kty"], &key["crv"], &key["use"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("sig"), &json!("EdDSA"))
    );
    assert_eq!(key.as_object().map(serde_json::Map::len), Some(6), "nothing secret: {key}");
    for api in [&ada.api, &User::log_in(plaza.b(), "ada").await.api] {
        assert_eq!(names(&keys), [kid(api.token())]);
        let checking = DecodingKey::from_ed_components(key["x"].as_str().expect("a key")).expect("a key");
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_audience(&["plaza"]);
        let claims = decode::<Value>(api.token(), &checking, &rules).expect("a signature that fits").claims;
        assert_eq!(claims["sub"], ada.id.as_str());
        api.at(plaza.b()).get("/users/me").await.expect(200);
    }
    let answer = Api::anonymous(plaza.b()).get(KEYS).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=150");
    assert_eq!(answer.json(), Api::anonymous(plaza.b()).get("/.well-known/jwks.json").await.json());
}

async fn a_new_key_signs_after_its_announcement_and_nobody_is_logged_out(setup: Setup) {
    let plaza = Options::new(setup)
        .variable("PLAZA_AUTH__KEY_ANNOUNCEMENT_SECONDS", ANNOUNCEMENT_SECONDS)
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let old = kid(ada.api.token());
    let rotated = plaza.run(&["admin", "rotate-keys"]).await;
    assert!(rotated.status.success(), "{rotated:?}");
    let again = plaza.run(&["admin", "rotate-keys"]).await;
    let refusal = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && refusal.contains("announced already"), "{refusal}");

    // Whichever key signs, every instance knows it.
    let instances = [plaza.a(), plaza.b()];
    let signing = until(ROTATION, || async {
        let mut signing = Vec::new();
        for base in instances {
            let login = User::log_in(base, "ada").await;
            for other in instances {
                login.api.at(other).get("/users/me").await.expect(200);
            }
            ada.api.at(base).get("/users/me").await.expect(200);
            let name = kid(login.api.token());
            assert!(names(&published(base).await).contains(&name.as_str()), "{name} is not published");
            signing.push(name);
        }
        if signing.contains(&old) { Err(signing) } else { Ok(signing) }
    });
    let signing = signing.await.expect("the new key signs");
    for base in instances {
        assert_eq!(names(&published(base).await), [old.as_str(), signing[0].as_str()]);
    }
    assert_eq!(signing[0], *signing.last().expect("an instance"));
    // The last tokens of the old key are as good as the first ones of the new one.
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.expect_type("hello").await;
}

async fn a_secret_key_is_used_by_configuration(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__ALGORITHM", "HS256").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.api.at(plaza.b()).get("/users/me").await.expect(200);
    let header = ada.api.token().split('.').next().expect("a header");
    let header: Value = serde_json::from_slice(&BASE64.decode(header).expect("base64")).expect("JSON");
    assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("at+jwt")));
    assert!(header["kid"].is_string());
    assert_eq!(published(plaza.b()).await, Vec::<Value>::new());
    let refused = plaza.run(&["admin", "rotate-keys"]).await;
    assert!(!refused.status.success());
}
