//! Opaque tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use plaza_application::ports::{BoxError, Secrets};
use plaza_domain::TokenDigest;
use sha2::{Digest, Sha256};

use super::server_secret::{ServerSecret, keyed};

/// Opaque tokens from the operating system's random source, and such that follow from the server's secret.
pub struct OpaqueSecrets {
    keyed: Hmac<Sha256>,
}

impl OpaqueSecrets {
    /// For the holders of that secret: all of them derive the same.
    pub fn new(secret: &ServerSecret) -> Self {
        Self { keyed: keyed(&secret.derive("opaque-tokens")) }
    }
}

impl Secrets for OpaqueSecrets {
    fn generate(&self) -> Result<String, BoxError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn derive(&self, subject: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(subject.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    fn digest(&self, token: &str) -> TokenDigest {
        TokenDigest(Sha256::digest(token.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_repeat() -> Result<(), BoxError> {
        let secrets = OpaqueSecrets::new(&ServerSecret::new("one"));
        let (a, b) = (secrets.generate()?, secrets.generate()?);
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
        assert_ne!(secrets.digest(&a), secrets.digest(&b));
        Ok(())
    }

    #[test]
    fn what_is_derived_follows_from_the_secret_and_the_subject() {
        let [ours, same, other] =
            ["one", "one", "two"].map(|secret| OpaqueSecrets::new(&ServerSecret::new(secret)));
        let token = ours.derive("subject");
        assert_eq!(token.len(), 43);
        assert_eq!(same.derive("subject"), token);
        assert_ne!(ours.derive("another"), token);
        assert_ne!(other.derive("subject"), token);
    }
}
