//! Keys that sign access tokens, shared by all instances.

use plaza_domain::SigningKey;

use super::BoxError;

/// A pair of keys that nobody has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What tokens name it by (`kid`): its thumbprint (RFC 7638).
    pub kid: String,
    /// The half that checks signatures.
    pub public_key: [u8; 32],
    /// The half that makes them, sealed.
    pub sealed_key: Vec<u8>,
}

/// A key as others may know it, to check tokens themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What tokens name it by (`kid`).
    pub kid: String,
    /// The half that checks signatures (Ed25519).
    pub public_key: [u8; 32],
}

/// Makes keys, and holds those that this instance signs and checks with.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KeyRing: Send + Sync {
    /// Makes a pair of keys. What it seals is opened by instances that share the server's secret, and by nobody else.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    fn generate(&self) -> Result<NewKey, BoxError>;

    /// Holds these keys, by rising number, and no others. Those that were sealed with another secret are left out: who
    /// can write to the database only shall not sign. Returns how many were.
    fn hold(&self, keys: &[SigningKey]) -> usize;

    /// The keys that it holds, by rising number.
    fn published(&self) -> Vec<PublicKey>;
}
