//! Access tokens that say what they must not, though the server's own key signs them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto};
use plaza_application::ports::AccessClaims;
use plaza_domain::{SessionId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bad_tokens::Bad;

const CLAIMS: [&str; 7] = ["iss", "aud", "sub", "sid", "iat", "nbf", "exp"];
const HOUR: i64 = 3_600;

/// Sessions that are not the one of a token that is right.
pub(crate) struct Others {
    /// Somebody else, and a login of theirs.
    pub(crate) user_id: UserId,
    /// That login.
    pub(crate) session_id: SessionId,
    /// A login of the same user, which has ended.
    pub(crate) ended: SessionId,
}

/// What says the wrong thing, of what the server's own functions can be made to say: `sign` takes an issuer, an audience
/// and claims.
pub(crate) fn said_wrongly(
    right: &AccessClaims,
    others: &Others,
    sign: impl Fn(&str, &str, &AccessClaims) -> String,
) -> Vec<Bad> {
    let moved = |seconds| AccessClaims {
        issued_at: right.issued_at + TimeDelta::seconds(seconds),
        expires_at: right.expires_at + TimeDelta::seconds(seconds),
        ..*right
    };
    let nil = Uuid::nil();
    let about = [
        ("another user, by one's own session", others.user_id, right.session_id),
        ("one's own name, by another user's session", right.user_id, others.session_id),
        ("a session that has ended", right.user_id, others.ended),
        ("nobody's session", right.user_id, SessionId::new(Uuid::from_u128(7))),
        ("nobody", UserId::new(Uuid::from_u128(7)), right.session_id),
        ("nothing", UserId::new(nil), SessionId::new(nil)),
    ];
    let about = about.map(|(what, user_id, session_id)| {
        (what, sign("plaza", "plaza", &AccessClaims { user_id, session_id, ..*right }))
    });
    let names = ["agora", "Plaza", "plaza ", "", "https://plaza", "plaza,agora"];
    let names = names.into_iter().flat_map(|name| {
        [("another issuer", sign(name, "plaza", right)), ("another audience", sign("plaza", name, right))]
    });
    let times = [
        ("expired", sign("plaza", "plaza", &moved(-HOUR))),
        ("expired long ago", sign("plaza", "plaza", &moved(-HOUR * 24 * 365))),
        ("not yet valid", sign("plaza", "plaza", &moved(HOUR))),
        ("not valid for years", sign("plaza", "plaza", &moved(HOUR * 24 * 365))),
    ];
    let all = about.into_iter().chain(names).chain(times);
    all.map(|(what, token)| (what.to_owned(), token)).collect()
}

/// What no function of the server says; `key` is the secret that the server signs with.
pub(crate) fn forged(right: &Value, header: &Header, key: &EncodingKey) -> Vec<Bad> {
    let mut all = Vec::new();
    let mut add = |what: String, claims: String| all.push((what, signed(header, &claims, key)));
    for name in CLAIMS {
        let mut without = right.clone();
        without.as_object_mut().expect("claims").remove(name);
        add(format!("without {name}"), without.to_string());
        for value in [Value::Null, json!(true), json!([]), json!({}), json!("")] {
            let what = format!("{name} {value}");
            add(what, changed(right, name, value));
        }
        // The first and the last one are believed by different programs.
        let value = &right[name];
        let twice = right.to_string().replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
        add(format!("{name} twice"), twice);
    }
    let now = right["iat"].as_i64().expect("a time");
    for (name, value) in [
        ("iss", json!(["agora", "agora2"])),
        ("aud", json!(["agora"])),
        ("sub", json!(7)),
        ("sub", json!("ada")),
        ("sub", json!("' OR 1=1; --")),
        ("sub", json!("00000000-0000-0000-0000-00000000000g")),
        ("sid", json!(7)),
        ("sid", json!("../../session")),
        ("sid", json!("*")),
        ("exp", json!(now - HOUR)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", json!((now + HOUR) as f64 + 0.5)),
        ("exp", json!((now + HOUR).to_string())),
        ("exp", json!("2999-01-01T00:00:00Z")),
        ("nbf", json!(now + HOUR)),
        ("nbf", json!(i64::MAX)),
        ("nbf", json!(now.to_string())),
        ("iat", json!(now + HOUR)),
        ("iat", json!(i64::MAX)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(now.to_string())),
    ] {
        add(format!("{name} {value}"), changed(right, name, value));
    }
    for text in ["{}", "[]", "null", "7", "\"claims\"", "", "{", "\u{feff}{}"] {
        add(format!("{text:?} for claims"), text.to_owned());
    }
    let kind = |typ: Option<&str>| Header { typ: typ.map(str::to_owned), ..header.clone() };
    for typ in [None, Some("JWT"), Some("jwt"), Some(""), Some("at+jwt2")] {
        all.push((format!("type {typ:?}"), signed(&kind(typ), &right.to_string(), key)));
    }
    for kid in [None, Some(""), Some("unknown")] {
        let header = Header { kid: kid.map(str::to_owned), ..header.clone() };
        all.push((format!("kid {kid:?}"), signed(&header, &right.to_string(), key)));
    }
    for alg in [Algorithm::HS384, Algorithm::HS512] {
        let header = Header { alg, ..header.clone() };
        all.push((format!("{alg:?} with the right key"), signed(&header, &right.to_string(), key)));
    }
    all
}

fn changed(right: &Value, name: &str, value: Value) -> String {
    let mut claims = right.clone();
    claims[name] = value;
    claims.to_string()
}

/// A token with claims that may be no JSON.
pub(crate) fn signed(header: &Header, claims: &str, key: &EncodingKey) -> String {
    let header_text = serde_json::to_string(header).expect("JSON");
    let said = format!("{}.{}", BASE64.encode(header_text), BASE64.encode(claims));
    let signature = crypto::sign(said.as_bytes(), key, header.alg).expect("a signature");
    format!("{said}.{signature}")
}
