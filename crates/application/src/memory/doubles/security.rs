//! Passwords and tokens without any cryptography. **For tests and examples only: whoever sees one knows them all.**

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use chrono::DateTime;
use plaza_domain::{Clock, PasswordHash, TokenDigest};
use sha2::{Digest, Sha256};

use crate::ports::{
    AccessClaims, AccessTokens, BoxError, PasswordHasher, Secrets, TokenRejection, UrlSigner,
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
