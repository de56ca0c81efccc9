//! Codes that change with time (TOTP, RFC 6238), as authenticator apps show them.

use plaza_domain::{Timestamp, TotpSecret, User};

use super::BoxError;

/// A secret that nobody has used.
#[derive(Clone)]
pub struct NewTotpSecret {
    /// As people type it into an authenticator: base32 (RFC 4648).
    pub secret: String,
    /// As an authenticator reads it, from a picture or a link: `otpauth://totp/…`.
    pub uri: String,
    /// As it is stored: of no use without the server's secret, and for no other user.
    pub sealed_secret: Vec<u8>,
}

/// Makes secrets for authenticators, and knows their codes: SHA-1, six digits, a new one every 30 seconds, as all
/// authenticators can.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TotpCodes: Send + Sync {
    /// Makes a secret for a user.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    fn generate(&self, user: &User) -> Result<NewTotpSecret, BoxError>;

    /// The step that a code belongs to: that of `now`, the one before or the one after, as clocks differ. `None` when the
    /// code is wrong.
    ///
    /// # Errors
    /// When the secret was sealed for another user or with another key, or is damaged.
    fn step_of(&self, secret: &TotpSecret, code: &str, now: Timestamp) -> Result<Option<i64>, BoxError>;
}
