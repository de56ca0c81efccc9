//! Signatures of links to files: HMAC-SHA-256 (RFC 2104) with a key of their own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use plaza_application::ports::UrlSigner;
use sha2::Sha256;

use super::server_secret::{ServerSecret, keyed};

/// Signs with a key that is derived from the server's secret: every instance knows the signatures of all.
pub struct HmacUrlSigner {
    keyed: Hmac<Sha256>,
}

impl HmacUrlSigner {
    /// A signer for the holders of that secret.
    pub fn new(secret: &ServerSecret) -> Self {
        Self { keyed: keyed(&secret.derive("signed-urls")) }
    }

    fn mac(&self, statement: &str) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(statement.as_bytes());
        mac
    }
}

impl UrlSigner for HmacUrlSigner {
    fn sign(&self, statement: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(statement).finalize().into_bytes())
    }

    fn verify(&self, statement: &str, signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| self.mac(statement).verify_slice(&signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> HmacUrlSigner {
        HmacUrlSigner::new(&ServerSecret::new(secret))
    }

    #[test]
    fn only_what_was_signed_with_the_same_secret_is_known() {
        let (ours, same, other) = (signer("one"), signer("one"), signer("two"));
        let signature = ours.sign("statement");
        assert!(same.verify("statement", &signature));
        assert!(!ours.verify("another", &signature));
        assert!(!other.verify("statement", &signature));
        for wrong in ["", "!", &signature[1..], &signature.to_uppercase()] {
            assert!(!ours.verify("statement", wrong), "{wrong:?}");
        }
    }
}
