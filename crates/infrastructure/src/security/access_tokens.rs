//! Access tokens as JWT (RFC 7519) with the rules of RFC 8725 and the type of RFC 9068.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use jsonwebtoken::{Validation, decode, decode_header, encode, errors::ErrorKind, get_current_timestamp};
use moka::sync::Cache;
use plaza_application::ports::{AccessClaims, AccessTokens, BoxError, TokenRejection};
use plaza_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Ed25519KeyRing, ServerSecret,
    token_key::{SecretKey, TYPE, TokenKeys},
};

/// How far the clocks of two instances may differ, in seconds.
const LEEWAY: u64 = 5;
/// Ours have about 500 bytes; what is longer is not even looked at.
const MAX_BYTES: usize = 4096;
/// How many tokens are remembered that were found good, and for how long. A client shows the same token with each request,
/// and a digest is much sooner made than a signature is checked. What was refused is not remembered.
const MAX_CHECKED: u64 = 50_000;
const CHECKED_TTL: Duration = Duration::from_secs(15 * 60);

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

/// What a token says that was found good, and by which key.
#[derive(Clone)]
struct Checked {
    kid: Arc<str>,
    claims: AccessClaims,
}

/// Signs and checks access tokens. The key is found by its name in the token, and the algorithm is the key's.
pub struct JwtAccessTokens {
    keys: Arc<dyn TokenKeys>,
    issuer: String,
    audience: String,
    rules: Validation,
    /// By the SHA-256 of the token.
    checked: Cache<[u8; 32], Checked>,
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
        let checked = Cache::builder().max_capacity(MAX_CHECKED).time_to_live(CHECKED_TTL).build();
        Self { keys, issuer: issuer.to_owned(), audience: audience.to_owned(), rules, checked }
    }

    /// Whether a token that was found good before still is: it may have expired, and its key may be gone.
    fn still_good(&self, token: &Checked) -> Result<AccessClaims, TokenRejection> {
        self.keys.checking(&token.kid).ok_or(TokenRejection::Invalid)?;
        let expires_at = u64::try_from(token.claims.expires_at.timestamp()).unwrap_or_default();
        if expires_at.saturating_add(LEEWAY) < get_current_timestamp() {
            return Err(TokenRejection::Expired);
        }
        Ok(token.claims)
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
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(checked) = self.checked.get(&digest) {
            return self.still_good(&checked);
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
        let claims = AccessClaims {
            user_id: token.claims.sub,
            session_id: token.claims.sid,
            issued_at: moment(token.claims.iat)?,
            expires_at: moment(token.claims.exp)?,
        };
        self.checked.insert(digest, Checked { kid: key.kid().into(), claims });
        Ok(claims)
    }
}

fn moment(seconds: i64) -> Result<Timestamp, TokenRejection> {
    DateTime::from_timestamp(seconds, 0).ok_or(TokenRejection::Invalid)
}

#[cfg(test)]
mod tests;
