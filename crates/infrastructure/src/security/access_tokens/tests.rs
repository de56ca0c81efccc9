//! Which tokens are taken, and which are not. Each rule is tried with both kinds of keys.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use plaza_application::ports::KeyRing;
use plaza_domain::{Clock, SigningKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{clock::SystemClock, security::token_key::TokenKey};

type TestResult = Result<(), BoxError>;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A ring with a key that signs since an hour ago, and that key.
fn ring(secret: &str) -> Result<(Arc<Ed25519KeyRing>, SigningKey), BoxError> {
    let ring = Ed25519KeyRing::new(&ServerSecret::new(secret))?;
    let new = ring.generate()?;
    let key = SigningKey {
        number: 1,
        kid: new.kid,
        public_key: new.public_key,
        sealed_key: new.sealed_key,
        created_at: SystemClock.now(),
        signs_from: SystemClock.now() - TimeDelta::hours(1),
        verifies_until: None,
    };
    ring.hold(std::slice::from_ref(&key));
    Ok((Arc::new(ring), key))
}

/// The same issuer and audience with each kind of keys.
fn both() -> Result<[JwtAccessTokens; 2], BoxError> {
    Ok([
        JwtAccessTokens::with_key_ring(ring(SECRET)?.0, "plaza", "plaza"),
        JwtAccessTokens::with_secret(&ServerSecret::new(SECRET), "plaza", "plaza"),
    ])
}

fn claims() -> AccessClaims {
    let now = SystemClock.now().timestamp();
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    AccessClaims {
        user_id: UserId::new(Uuid::from_u128(1)),
        session_id: SessionId::new(Uuid::from_u128(2)),
        issued_at: moment(now),
        expires_at: moment(now + 900),
    }
}

fn as_json() -> Value {
    let now = claims().issued_at.timestamp();
    json!({
        "iss": "plaza", "aud": "plaza", "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
        "iat": now, "nbf": now, "exp": now + 900,
    })
}

fn key_of(tokens: &JwtAccessTokens) -> Result<Arc<TokenKey>, BoxError> {
    Ok(tokens.keys.signing(SystemClock.now()).ok_or("no key")?)
}

/// Anything, signed with the right key.
fn signed(tokens: &JwtAccessTokens, header: &Header, claims: &Value) -> Result<String, BoxError> {
    Ok(encode(header, claims, &key_of(tokens)?.signing)?)
}

fn header_of(token: &str) -> Result<Value, BoxError> {
    let (header, _) = token.split_once('.').ok_or("no header")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?)
}

#[test]
fn a_token_says_what_it_was_issued_for_and_by_which_key() -> TestResult {
    for (tokens, algorithm) in both()?.iter().zip(["EdDSA", "HS256"]) {
        let token = tokens.issue(&claims())?;
        assert_eq!(tokens.verify(&token), Ok(claims()));
        let header = json!({"typ": "at+jwt", "alg": algorithm, "kid": key_of(tokens)?.kid()});
        assert_eq!(header_of(&token)?, header);
    }
    Ok(())
}

#[test]
fn a_token_that_was_good_is_refused_once_its_key_is_gone() -> TestResult {
    let (ring, _) = ring(SECRET)?;
    let tokens = JwtAccessTokens::with_key_ring(Arc::clone(&ring), "plaza", "plaza");
    let token = tokens.issue(&claims())?;
    for _ in 0..2 {
        assert_eq!(tokens.verify(&token), Ok(claims()));
    }
    ring.hold(&[]);
    assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid));
    Ok(())
}

#[test]
fn a_token_that_was_good_is_refused_once_it_has_expired() -> TestResult {
    for tokens in both()? {
        let token = tokens.issue(&claims())?;
        tokens.verify(&token).map_err(|reason| format!("{reason:?}"))?;
        let digest: [u8; 32] = Sha256::digest(&token).into();
        let checked = tokens.checked.get(&digest).ok_or("it is not remembered")?;
        let ended = |seconds| {
            let expires_at = SystemClock.now() - TimeDelta::seconds(seconds);
            Checked { claims: AccessClaims { expires_at, ..checked.claims }, ..checked.clone() }
        };
        tokens.checked.insert(digest, ended(1));
        assert!(tokens.verify(&token).is_ok(), "clocks may differ");
        tokens.checked.insert(digest, ended(60));
        assert_eq!(tokens.verify(&token), Err(TokenRejection::Expired));
    }
    Ok(())
}

#[test]
fn what_was_refused_is_not_remembered() -> TestResult {
    for tokens in both()? {
        assert_eq!(tokens.verify("nonsense"), Err(TokenRejection::Invalid));
        let forged = format!("{}A", tokens.issue(&claims())?);
        assert_eq!(tokens.verify(&forged), Err(TokenRejection::Invalid));
        tokens.checked.run_pending_tasks();
        assert_eq!(tokens.checked.entry_count(), 0);
    }
    Ok(())
}

#[test]
fn a_token_made_by_hand_with_the_right_key_is_accepted() -> TestResult {
    for tokens in both()? {
        let token = signed(&tokens, &key_of(&tokens)?.header, &as_json())?;
        assert_eq!(tokens.verify(&token), Ok(claims()));
    }
    Ok(())
}

#[test]
fn a_token_without_a_signature_is_refused() -> TestResult {
    for tokens in both()? {
        let token = tokens.issue(&claims())?;
        let kid = key_of(&tokens)?.kid().to_owned();
        let (_, rest) = token.split_once('.').ok_or("no header")?;
        let (payload, _) = rest.split_once('.').ok_or("no payload")?;
        for header in [
            json!({"alg": "none", "typ": TYPE, "kid": kid}),
            json!({"alg": "None", "typ": TYPE, "kid": kid}),
            json!({"typ": TYPE, "kid": kid}),
        ] {
            let header = URL_SAFE_NO_PAD.encode(header.to_string());
            for forged in [format!("{header}.{payload}."), format!("{header}.{payload}")] {
                assert_eq!(tokens.verify(&forged), Err(TokenRejection::Invalid));
            }
        }
    }
    Ok(())
}

#[test]
fn a_token_of_another_algorithm_or_type_or_of_no_key_is_refused() -> TestResult {
    let by_secret = JwtAccessTokens::with_secret(&ServerSecret::new(SECRET), "plaza", "plaza");
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = Header { alg: algorithm, ..key_of(&by_secret)?.header.clone() };
        let token = signed(&by_secret, &header, &as_json())?;
        assert_eq!(by_secret.verify(&token), Err(TokenRejection::Invalid));
    }
    for tokens in both()? {
        let right = &key_of(&tokens)?.header;
        for header in [
            Header { typ: Some("JWT".to_owned()), ..right.clone() },
            Header { typ: None, ..right.clone() },
            Header { kid: None, ..right.clone() },
            Header { kid: Some("another".to_owned()), ..right.clone() },
        ] {
            let token = signed(&tokens, &header, &as_json())?;
            assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid), "{header:?}");
        }
    }
    Ok(())
}

#[test]
fn a_public_key_signs_nothing() -> TestResult {
    let (ring, key) = ring(SECRET)?;
    let tokens = JwtAccessTokens::with_key_ring(ring, "plaza", "plaza");
    let header =
        Header { typ: Some(TYPE.to_owned()), kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
    let x = URL_SAFE_NO_PAD.encode(key.public_key);
    for secret in [key.public_key.as_slice(), x.as_bytes()] {
        let token = encode(&header, &as_json(), &EncodingKey::from_secret(secret))?;
        assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid));
    }
    Ok(())
}

#[test]
fn a_token_of_another_server_is_refused() -> TestResult {
    let (ours, _) = ring(SECRET)?;
    let (theirs, _) = ring(SECRET)?;
    let tokens = JwtAccessTokens::with_key_ring(Arc::clone(&ours), "plaza", "plaza");
    for other in [
        JwtAccessTokens::with_key_ring(theirs, "plaza", "plaza"),
        JwtAccessTokens::with_key_ring(Arc::clone(&ours), "agora", "plaza"),
        JwtAccessTokens::with_key_ring(ours, "plaza", "agora"),
    ] {
        assert_eq!(tokens.verify(&other.issue(&claims())?), Err(TokenRejection::Invalid));
    }
    let [_, tokens] = both()?;
    let secret = ServerSecret::new(SECRET);
    for other in [
        JwtAccessTokens::with_secret(
            &ServerSecret::new("fedcba9876543210fedcba9876543210"),
            "plaza",
            "plaza",
        ),
        JwtAccessTokens::with_secret(&secret, "agora", "plaza"),
        JwtAccessTokens::with_secret(&secret, "plaza", "agora"),
    ] {
        assert_eq!(tokens.verify(&other.issue(&claims())?), Err(TokenRejection::Invalid));
    }
    Ok(())
}

#[test]
fn a_token_that_lacks_a_claim_is_refused() -> TestResult {
    for tokens in both()? {
        for name in ["exp", "nbf", "iss", "aud", "sub", "sid"] {
            let mut claims = as_json();
            claims.as_object_mut().ok_or("no object")?.remove(name);
            let token = signed(&tokens, &key_of(&tokens)?.header, &claims)?;
            assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid), "{name}");
        }
    }
    Ok(())
}

#[test]
fn a_token_is_refused_before_and_after_its_time() -> TestResult {
    for tokens in both()? {
        let mut late = claims();
        late.issued_at -= Duration::from_secs(1000);
        late.expires_at = late.issued_at + Duration::from_secs(900);
        assert_eq!(tokens.verify(&tokens.issue(&late)?), Err(TokenRejection::Expired));
        let mut early = claims();
        early.issued_at += Duration::from_secs(60);
        assert_eq!(tokens.verify(&tokens.issue(&early)?), Err(TokenRejection::Invalid));
        let mut not_issued = as_json();
        not_issued["iat"] = json!(claims().issued_at.timestamp() + 60);
        let token = signed(&tokens, &key_of(&tokens)?.header, &not_issued)?;
        assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid));
    }
    Ok(())
}

#[test]
fn what_is_no_token_or_a_huge_one_is_refused() -> TestResult {
    for tokens in both()? {
        for text in ["", ".", "..", "a.b.c", "ey", &"x".repeat(10_000)] {
            assert_eq!(tokens.verify(text), Err(TokenRejection::Invalid));
        }
        let mut huge = as_json();
        huge["more"] = "x".repeat(MAX_BYTES).into();
        let token = signed(&tokens, &key_of(&tokens)?.header, &huge)?;
        assert_eq!(tokens.verify(&token), Err(TokenRejection::Invalid));
    }
    Ok(())
}

#[test]
fn without_a_key_nothing_is_signed() -> TestResult {
    let ring = Ed25519KeyRing::new(&ServerSecret::new(SECRET))?;
    let tokens = JwtAccessTokens::with_key_ring(Arc::new(ring), "plaza", "plaza");
    assert!(tokens.issue(&claims()).is_err());
    Ok(())
}
