//! Access tokens as JWT (RFC 7519) with the rules of RFC 8725 and the type of RFC 9068.

use chrono::DateTime;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use plaza_application::ports::{AccessClaims, AccessTokens, BoxError, TokenRejection};
use plaza_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::ServerSecret;

const TYPE: &str = "at+jwt";
/// How far the clocks of two instances may differ, in seconds.
const LEEWAY: u64 = 5;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs and checks access tokens with HMAC-SHA-256.
pub struct JwtAccessTokens {
    header: Header,
    issuer: String,
    audience: String,
    signing: EncodingKey,
    checking: DecodingKey,
    rules: Validation,
}

impl JwtAccessTokens {
    /// Tokens signed by `issuer` for `audience`.
    pub fn new(secret: &ServerSecret, issuer: &str, audience: &str) -> Self {
        let key = secret.derive("plaza/access-token/1");
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self {
            header: Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) },
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            signing: EncodingKey::from_secret(&key),
            checking: DecodingKey::from_secret(&key),
            rules,
        }
    }
}

impl AccessTokens for JwtAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, BoxError> {
        let issued_at = claims.issued_at.timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user_id,
            sid: claims.session_id,
            iat: issued_at,
            nbf: issued_at,
            exp: claims.expires_at.timestamp(),
        };
        Ok(encode(&self.header, &claims, &self.signing)?)
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejection> {
        let token =
            decode::<Claims>(token, &self.checking, &self.rules).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenRejection::Expired,
                _ => TokenRejection::Invalid,
            })?;
        if token.header.typ.as_deref() != Some(TYPE) {
            return Err(TokenRejection::Invalid);
        }
        Ok(AccessClaims {
            user_id: token.claims.sub,
            session_id: token.claims.sid,
            issued_at: moment(token.claims.iat)?,
            expires_at: moment(token.claims.exp)?,
        })
    }
}

fn moment(seconds: i64) -> Result<Timestamp, TokenRejection> {
    DateTime::from_timestamp(seconds, 0).ok_or(TokenRejection::Invalid)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use plaza_domain::Clock;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::clock::SystemClock;

    type TestResult = Result<(), BoxError>;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn tokens() -> JwtAccessTokens {
        JwtAccessTokens::new(&ServerSecret::new(SECRET), "plaza", "plaza")
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

    fn signed(header: &Header, claims: &Value) -> Result<String, BoxError> {
        Ok(encode(header, claims, &tokens().signing)?)
    }

    #[test]
    fn a_token_says_what_it_was_issued_for() -> TestResult {
        let token = tokens().issue(&claims())?;
        assert_eq!(tokens().verify(&token), Ok(claims()));
        Ok(())
    }

    #[test]
    fn a_token_made_by_hand_with_the_right_key_is_accepted() -> TestResult {
        let token = signed(&tokens().header, &as_json())?;
        assert_eq!(tokens().verify(&token), Ok(claims()));
        Ok(())
    }

    #[test]
    fn a_token_without_a_signature_is_refused() -> TestResult {
        let token = tokens().issue(&claims())?;
        let (_, rest) = token.split_once('.').ok_or("no header")?;
        let (payload, _) = rest.split_once('.').ok_or("no payload")?;
        for header in
            [json!({"alg": "none", "typ": TYPE}), json!({"alg": "None", "typ": TYPE}), json!({"typ": TYPE})]
        {
            let header = URL_SAFE_NO_PAD.encode(header.to_string());
            for forged in [format!("{header}.{payload}."), format!("{header}.{payload}")] {
                assert_eq!(tokens().verify(&forged), Err(TokenRejection::Invalid));
            }
        }
        Ok(())
    }

    #[test]
    fn a_token_of_another_algorithm_or_type_is_refused() -> TestResult {
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let header = Header { alg: algorithm, ..tokens().header };
            assert_eq!(tokens().verify(&signed(&header, &as_json())?), Err(TokenRejection::Invalid));
        }
        let plain = Header::new(Algorithm::HS256);
        assert_eq!(tokens().verify(&signed(&plain, &as_json())?), Err(TokenRejection::Invalid));
        Ok(())
    }

    #[test]
    fn a_token_of_another_server_is_refused() -> TestResult {
        let secret = ServerSecret::new(SECRET);
        for other in [
            JwtAccessTokens::new(&ServerSecret::new("fedcba9876543210fedcba9876543210"), "plaza", "plaza"),
            JwtAccessTokens::new(&secret, "agora", "plaza"),
            JwtAccessTokens::new(&secret, "plaza", "agora"),
        ] {
            assert_eq!(tokens().verify(&other.issue(&claims())?), Err(TokenRejection::Invalid));
        }
        Ok(())
    }

    #[test]
    fn a_token_that_lacks_a_claim_is_refused() -> TestResult {
        for name in ["exp", "nbf", "iss", "aud", "sub", "sid"] {
            let mut claims = as_json();
            claims.as_object_mut().ok_or("no object")?.remove(name);
            let token = signed(&tokens().header, &claims)?;
            assert_eq!(tokens().verify(&token), Err(TokenRejection::Invalid), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_token_is_refused_before_and_after_its_time() -> TestResult {
        let mut late = claims();
        late.issued_at -= Duration::from_secs(1000);
        late.expires_at = late.issued_at + Duration::from_secs(900);
        assert_eq!(tokens().verify(&tokens().issue(&late)?), Err(TokenRejection::Expired));
        let mut early = claims();
        early.issued_at += Duration::from_secs(60);
        assert_eq!(tokens().verify(&tokens().issue(&early)?), Err(TokenRejection::Invalid));
        Ok(())
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", ".", "..", "a.b.c", "ey", &"x".repeat(10_000)] {
            assert_eq!(tokens().verify(text), Err(TokenRejection::Invalid));
        }
    }
}
