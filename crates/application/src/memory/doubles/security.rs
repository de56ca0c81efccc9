//! Passwords and tokens without any cryptography. **For tests and examples only: whoever sees one knows them all.**

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use chrono::DateTime;
use plaza_domain::{Clock, PasswordHash, Timestamp, TokenDigest, TotpSecret, User};
use sha2::{Digest, Sha256};

use crate::ports::{
    AccessClaims, AccessTokens, BoxError, Judgement, NewTotpSecret, PasswordHasher, Secrets, TokenRejection,
    TotpCodes, UrlSigner,
};

/// **Does not hash: it stores passwords as they are.** Instant, so that tests need not wait for a real hasher.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainPasswords;

#[async_trait]
impl PasswordHasher for PlainPasswords {
    async fn hash(&self, password: &str) -> Result<PasswordHash, BoxError> {
        Ok(PasswordHash::new(format!("plain:{password}")))
    }

    async fn verify(&self, password: &str, hash: Option<PasswordHash>) -> Result<bool, BoxError> {
        Ok(hash.is_some_and(|hash| hash.expose().strip_prefix("plain:") == Some(password)))
    }

    async fn judge(&self, work: Judgement) -> Result<bool, BoxError> {
        Ok(work())
    }
}

/// **Keeps nothing secret: anybody can compute its signatures.** A signature is the SHA-256 of the statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenUrlSigner;

impl UrlSigner for OpenUrlSigner {
    fn sign(&self, statement: &str) -> String {
        Sha256::digest(statement.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn verify(&self, statement: &str, signature: &str) -> bool {
        self.sign(statement) == signature
    }
}

/// **Does not sign: anybody can write a token.** The token is its claims, separated by dots.
pub struct PlainTokens {
    clock: Arc<dyn Clock>,
}

impl PlainTokens {
    /// Checks times against `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl AccessTokens for PlainTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, BoxError> {
        let (issued, expires) = (claims.issued_at, claims.expires_at);
        Ok(format!(
            "{}.{}.{}.{}",
            claims.user_id,
            claims.session_id,
            issued.timestamp_micros(),
            expires.timestamp_micros()
        ))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejection> {
        let claims = parse(token).ok_or(TokenRejection::Invalid)?;
        let now = self.clock.now();
        if claims.expires_at <= now {
            Err(TokenRejection::Expired)
        } else if claims.issued_at > now {
            Err(TokenRejection::Invalid)
        } else {
            Ok(claims)
        }
    }
}

fn parse(token: &str) -> Option<AccessClaims> {
    let mut parts = token.split('.');
    let claims = AccessClaims {
        user_id: parts.next()?.parse().ok()?,
        session_id: parts.next()?.parse().ok()?,
        issued_at: DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?,
        expires_at: DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?,
    };
    parts.next().is_none().then_some(claims)
}

/// **Not secret at all: counts.** What it makes is unique, which is all that tests need.
#[derive(Debug, Default)]
pub struct CountingSecrets(AtomicU64);

impl Secrets for CountingSecrets {
    fn generate(&self) -> Result<String, BoxError> {
        Ok(format!("secret-{}", self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn derive(&self, subject: &str) -> String {
        format!("derived-{subject}")
    }

    fn digest(&self, token: &str) -> TokenDigest {
        TokenDigest(Sha256::digest(token).into())
    }
}

/// **Not secret at all: anybody can compute its codes.** A secret is a number that it counts, and a code the sum of that
/// and of the step.
#[derive(Debug, Default)]
pub struct PlainTotp(AtomicU64);

impl PlainTotp {
    /// The code of a secret in a step.
    pub fn code(secret: &str, step: i64) -> String {
        let secret: i64 = secret.parse().unwrap_or_default();
        format!("{:06}", (secret * 1_000 + step) % 1_000_000)
    }
}

impl TotpCodes for PlainTotp {
    fn generate(&self, user: &User) -> Result<NewTotpSecret, BoxError> {
        let secret = (self.0.fetch_add(1, Ordering::Relaxed) + 1).to_string();
        let uri = format!("otpauth://totp/{}?secret={secret}", user.username);
        Ok(NewTotpSecret { uri, sealed_secret: secret.clone().into_bytes(), secret })
    }

    fn step_of(&self, secret: &TotpSecret, code: &str, now: Timestamp) -> Result<Option<i64>, BoxError> {
        let secret = std::str::from_utf8(&secret.sealed_secret)?;
        let now = now.timestamp().div_euclid(30);
        Ok((now - 1..=now + 1).find(|step| Self::code(secret, *step) == code))
    }
}
