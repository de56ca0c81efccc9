//! Secrets that the database keeps and cannot read: sealed with ChaCha20-Poly1305 (RFC 8439).

use plaza_application::ports::BoxError;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{SecretError, ServerSecret};

/// Seals with a key that is derived from the server's secret.
pub(super) struct Sealing(LessSafeKey);

impl Sealing {
    /// For one purpose, so that no two purposes share a key.
    ///
    /// # Errors
    /// When the cipher does not take the derived key.
    pub(super) fn new(secret: &ServerSecret, label: &str) -> Result<Self, SecretError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &secret.derive(label)).map_err(SecretError::Derived)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The nonce, and what it sealed. It opens with the same `binding` only: it cannot be moved to another place.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub(super) fn seal(&self, plain: &[u8], binding: &[u8]) -> Result<Vec<u8>, BoxError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)?;
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, Aad::from(binding), &mut sealed)
            .map_err(|_| "a secret cannot be sealed")?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// `None` when it was sealed with another key or for something else, or is damaged.
    pub(super) fn open(&self, sealed: &[u8], binding: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        self.0.open_in_place(nonce, Aad::from(binding), &mut sealed).ok().map(|plain| plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_does_not_show_what_it_is_and_opens_where_it_belongs() -> Result<(), BoxError> {
        let sealing = Sealing::new(&ServerSecret::new("one"), "purpose")?;
        let (first, second) = (sealing.seal(&[7; 32], &[1; 32])?, sealing.seal(&[7; 32], &[1; 32])?);
        assert_ne!(first, second);
        assert!(first.windows(32).all(|window| window != [7; 32]));
        assert_eq!(sealing.open(&first, &[1; 32]), Some(vec![7; 32]));
        assert_eq!(sealing.open(&first, &[2; 32]), None);
        assert_eq!(sealing.open(&first[..10], &[1; 32]), None);
        for other in [
            Sealing::new(&ServerSecret::new("two"), "purpose")?,
            Sealing::new(&ServerSecret::new("one"), "another purpose")?,
        ] {
            assert_eq!(other.open(&first, &[1; 32]), None);
        }
        Ok(())
    }
}
