//! Access tokens that attackers make, with and without keys: each is wrong in one way.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, decode_header, encode};
use plaza_application::ports::AccessClaims;
use plaza_domain::{SessionId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

/// What is wrong with a token, and the token.
pub(crate) type Bad = (&'static str, String);

/// A private key that no server has (RFC 8410).
const FOREIGN: [u8; 48] = {
    let mut der = [7; 48];
    let prefix =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let mut at = 0;
    while at < prefix.len() {
        der[at] = prefix[at];
        at += 1;
    }
    der
};

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&BASE64.decode(part).expect("base64")).expect("JSON")
}

/// What is made of a token that is right, without any key.
pub(crate) fn made_without_a_key(right: &str) -> Vec<Bad> {
    let parts: Vec<&str> = right.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a JWT has three parts") };
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let with = |name: &str, value: Value| {
        let mut header = json_of(header);
        header[name] = value;
        BASE64.encode(header.to_string())
    };
    let none = with("alg", json!("none"));
    let mut later = json_of(payload);
    later["exp"] = json!(later["exp"].as_i64().unwrap_or_default() + 3_600);
    let later = BASE64.encode(later.to_string());
    vec![
        ("alg none", format!("{none}.{payload}.")),
        ("alg none, with a signature", format!("{none}.{payload}.{signature}")),
        ("alg nOnE", format!("{}.{payload}.", with("alg", json!("nOnE")))),
        ("no signature", format!("{header}.{payload}.")),
        ("two parts", format!("{header}.{payload}")),
        ("another signature", format!("{header}.{payload}.{flipped}{}", &signature[1..])),
        ("a later end", format!("{header}.{later}.{signature}")),
        ("unknown kid", format!("{}.{payload}.{signature}", with("kid", json!("unknown")))),
        ("no kid", format!("{}.{payload}.{signature}", with("kid", Value::Null))),
        ("a kid for a database", format!("{}.{payload}.{signature}", with("kid", json!("' OR 1=1; --")))),
        ("another type", format!("{}.{payload}.{signature}", with("typ", json!("JWT")))),
        ("another algorithm", format!("{}.{payload}.{signature}", with("alg", json!("RS256")))),
        ("truncated", right[..right.len() - 10].to_owned()),
        ("truncated in the middle", right[..right.len() / 2].to_owned()),
        ("a byte more", format!("{right}A")),
        ("a huge payload", format!("{header}.{}.{signature}", "A".repeat(20_000))),
        ("a huge header", format!("{}.{payload}.{signature}", "A".repeat(20_000))),
        ("three words", "not.a.token".to_owned()),
        ("dots", "..".to_owned()),
    ]
}

/// What is signed with keys that others may have, in the name of the key of a token that is right.
pub(crate) fn signed_with_other_keys(right: &str, public_keys: &[Value]) -> Vec<Bad> {
    let claims = json_of(right.split('.').nth(1).expect("claims"));
    let kid = decode_header(right).expect("a header").kid;
    let header = |algorithm| Header { kid: kid.clone(), ..typed(algorithm) };
    let sign = |algorithm, key: &EncodingKey| encode(&header(algorithm), &claims, key).expect("a token");
    let guessed = EncodingKey::from_secret(b"secret");
    let mut bad = vec![
        ("a guessed secret", sign(Algorithm::HS256, &guessed)),
        ("a guessed secret, HS512", sign(Algorithm::HS512, &guessed)),
        ("a foreign key", sign(Algorithm::EdDSA, &EncodingKey::from_ed_der(&FOREIGN))),
    ];
    for key in public_keys {
        let x = key["x"].as_str().expect("a key");
        let public = EncodingKey::from_secret(&BASE64.decode(x).expect("base64"));
        bad.push(("HS256 with the public key", sign(Algorithm::HS256, &public)));
        let text = EncodingKey::from_secret(x.as_bytes());
        bad.push(("HS256 with the text of the public key", sign(Algorithm::HS256, &text)));
    }
    bad
}

/// What says the wrong thing, though the server's own key signs it.
pub(crate) fn said_wrongly(
    right: &AccessClaims,
    sign: impl Fn(&str, &str, &AccessClaims) -> String,
) -> Vec<Bad> {
    let moved = |seconds| AccessClaims {
        issued_at: right.issued_at + TimeDelta::seconds(seconds),
        expires_at: right.expires_at + TimeDelta::seconds(seconds),
        ..*right
    };
    let stranger = AccessClaims { user_id: UserId::new(Uuid::from_u128(7)), ..*right };
    let nowhere = AccessClaims { session_id: SessionId::new(Uuid::from_u128(7)), ..*right };
    vec![
        ("another issuer", sign("agora", "plaza", right)),
        ("another audience", sign("plaza", "agora", right)),
        ("expired", sign("plaza", "plaza", &moved(-3_600))),
        ("nbf in the future", sign("plaza", "plaza", &moved(600))),
        ("somebody else's session", sign("plaza", "plaza", &stranger)),
        ("a session that is not there", sign("plaza", "plaza", &nowhere)),
    ]
}

/// A header of the right type, and without a name of a key: as an earlier version wrote it, with HS256.
pub(crate) fn typed(algorithm: Algorithm) -> Header {
    Header { typ: Some("at+jwt".to_owned()), ..Header::new(algorithm) }
}
