//! Passwords, tokens and other secrets.

use async_trait::async_trait;
use plaza_domain::{PasswordHash, SessionId, Timestamp, TokenDigest, UserId};
use thiserror::Error;

use super::BoxError;

/// Hashes passwords, slowly on purpose, and never on the threads that serve others.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password.
    ///
    /// # Errors
    /// When too many are waiting, or the hasher fails.
    async fn hash(&self, password: &str) -> Result<PasswordHash, BoxError>;

    /// Whether `password` hashes to `hash`. Without a hash the same work is done, and the answer is no: who asks cannot
    /// tell an unknown user from a wrong password.
    ///
    /// # Errors
    /// When too many are waiting, or the hasher fails.
    async fn verify(&self, password: &str, hash: Option<PasswordHash>) -> Result<bool, BoxError>;

    /// Finds out something else about a password that takes as long, such as how soon it is guessed: in the same turn, and
    /// away from what others wait for.
    ///
    /// # Errors
    /// When too many are waiting.
    async fn judge(&self, work: Judgement) -> Result<bool, BoxError>;
}

/// What is to be found out about a password.
pub type Judgement = Box<dyn FnOnce() -> bool + Send>;

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is (`sub`).
    pub user_id: UserId,
    /// By which login (`sid`).
    pub session_id: SessionId,
    /// Since when it is valid (`iat`, `nbf`).
    pub issued_at: Timestamp,
    /// Until when it is valid (`exp`).
    pub expires_at: Timestamp,
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenRejection {
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// It never was.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs and checks access tokens (JWT, RFC 7519 and RFC 8725).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs a token.
    ///
    /// # Errors
    /// When the key does not work.
    fn issue(&self, claims: &AccessClaims) -> Result<String, BoxError>;

    /// Checks a token: its algorithm, signature, issuer, audience and times.
    ///
    /// # Errors
    /// Why it is refused.
    fn verify(&self, token: &str) -> Result<AccessClaims, TokenRejection>;
}

/// Signs what links to files say, and tells what it signed from what others made up.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait UrlSigner: Send + Sync {
    /// The signature of a statement, as URL-safe text.
    fn sign(&self, statement: &str) -> String;

    /// Whether the signature is this server's own; takes as long for a wrong one.
    fn verify(&self, statement: &str, signature: &str) -> bool;
}

/// Makes opaque tokens, and hashes them for storage.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Secrets: Send + Sync {
    /// 256 random bits as URL-safe text.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    fn generate(&self) -> Result<String, BoxError>;

    /// 256 bits as URL-safe text that follow from `subject` and a key of the server's: always the same, and nobody
    /// else's to find out.
    fn derive(&self, subject: &str) -> String;

    /// The SHA-256 of a token.
    fn digest(&self, token: &str) -> TokenDigest;
}
