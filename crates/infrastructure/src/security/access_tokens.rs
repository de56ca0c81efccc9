//! Access tokens as JWT (RFC 7519) with the rules of RFC 8725 and the type of RFC 9068.

use std::sync::Arc;

use chrono::DateTime;
use jsonwebtoken::{Validation, decode, decode_header, encode, errors::ErrorKind};
use plaza_application::ports::{AccessClaims, AccessTokens, BoxError, TokenRejection};
use plaza_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{
    Ed25519KeyRing, ServerSecret,
    token_key::{SecretKey, TYPE, TokenKeys},
};

/// How far the clocks of two instances may differ, in seconds.
const LEEWAY: u64 = 5;
/// Ours have about 500 bytes; what is longer is not even looked at.
const MAX_BYTES: usize = 4096;

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

/// Signs and checks access tokens. The key is found by its name in the token, and the algorithm is the key's.
pub struct JwtAccessTokens {
    keys: Arc<dyn TokenKeys>,
    issuer: String,
    audience: String,
    rules: Validation,
}

impl JwtAccessTokens {
    /// Tokens signed by `issuer` for `audience`, with keys that are rotated (Ed25519).
    pub fn with_key_ring(ring: Arc<Ed25519KeyRing>, issuer: &str, audience: &str) -> Self {
        Self::new(ring, issuer, audience)
    }

    /// The same, signed with a key that follows from the secret (HMAC-SHA-256).
    pub fn with_secret(secret: &ServerSecret, issuer: &str, audience: &str) -> Self {
        Self::new(Arc::new(SecretKey::new(secret)), issuer, audience)
    }

    fn new(keys: Arc<dyn TokenKeys>, issuer: &str, audience: &str) -> Self {
        let mut rules = Validation::new(keys.algorithm());
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        Self { keys, issuer: issuer.to_owned(), audience: audience.to_owned(), rules }
    }
}

impl AccessTokens for JwtAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, BoxError> {
        let key = self.keys.signing(claims.issued_at).ok_or("there is no key to sign with yet")?;
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
        Ok(encode(&key.header, &claims, &key.signing)?)
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejection> {
        if token.len() > MAX_BYTES {
            return Err(TokenRejection::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenRejection::Invalid)?;
        if header.typ.as_deref() != Some(TYPE) {
            return Err(TokenRejection::Invalid);
        }
        let key = header.kid.and_then(|kid| self.keys.checking(&kid)).ok_or(TokenRejection::Invalid)?;
        let token =
            decode::<Claims>(token, &key.checking, &self.rules).map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenRejection::Expired,
                _ => TokenRejection::Invalid,
            })?;
        // None of ours works before it was issued.
        if token.claims.iat > token.claims.nbf {
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
mod tests;
