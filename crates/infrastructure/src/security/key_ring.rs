//! Pairs of keys that sign access tokens: Ed25519 (RFC 8032), sealed in the database.

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use plaza_application::ports::{BoxError, KeyRing, NewKey, PublicKey};
use plaza_domain::{SigningKey, Timestamp};
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

use super::{
    SecretError, ServerSecret,
    sealing::Sealing,
    token_key::{TokenKey, TokenKeys},
};

const SEED_LEN: usize = 32;
/// What stands before the seed in a private key as others want to have it (PKCS #8, RFC 8410).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A key that can be used, and from when on it signs.
struct Held {
    signs_from: Timestamp,
    public_key: [u8; 32],
    key: Arc<TokenKey>,
}

/// The keys of this instance, which it reads from the database.
pub struct Ed25519KeyRing {
    sealing: Sealing,
    held: RwLock<Vec<Held>>,
}

impl Ed25519KeyRing {
    /// A ring without keys yet.
    ///
    /// # Errors
    /// When the cipher does not take the derived key.
    pub fn new(secret: &ServerSecret) -> Result<Self, SecretError> {
        Ok(Self { sealing: Sealing::new(secret, "plaza/signing-keys/1")?, held: RwLock::default() })
    }

    /// `None` when it was sealed with another secret, or damaged.
    fn open(&self, stored: &SigningKey) -> Option<Held> {
        let seed = self.sealing.open(&stored.sealed_key, &stored.public_key)?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &stored.public_key).ok()?;
        let kid = thumbprint(&stored.public_key);
        let signing = EncodingKey::from_ed_der(&[PKCS8.as_slice(), &seed].concat());
        let checking = DecodingKey::from_ed_der(pair.public_key().as_ref());
        let key = Arc::new(TokenKey::new(Algorithm::EdDSA, kid, signing, checking));
        Some(Held { signs_from: stored.signs_from, public_key: stored.public_key, key })
    }
}

impl KeyRing for Ed25519KeyRing {
    fn generate(&self) -> Result<NewKey, BoxError> {
        let mut seed = [0; SEED_LEN];
        getrandom::fill(&mut seed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| "no key comes of the seed")?;
        let public_key: [u8; 32] = pair.public_key().as_ref().try_into()?;
        let sealed_key = self.sealing.seal(&seed, &public_key)?;
        Ok(NewKey { kid: thumbprint(&public_key), public_key, sealed_key })
    }

    fn hold(&self, keys: &[SigningKey]) -> usize {
        let held: Vec<Held> = keys.iter().filter_map(|key| self.open(key)).collect();
        let foreign = keys.len() - held.len();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        foreign
    }

    fn published(&self) -> Vec<PublicKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let publish = |held: &Held| PublicKey { kid: held.key.kid().to_owned(), public_key: held.public_key };
        held.iter().map(publish).collect()
    }
}

impl TokenKeys for Ed25519KeyRing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }

    fn signing(&self, at: Timestamp) -> Option<Arc<TokenKey>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let newest = held.iter().rev().find(|held| held.signs_from <= at);
        newest.map(|held| Arc::clone(&held.key))
    }

    fn checking(&self, kid: &str) -> Option<Arc<TokenKey>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|held| held.key.kid() == kid).map(|held| Arc::clone(&held.key))
    }
}

/// The name that follows from a key itself (RFC 7638, and RFC 8037, appendix A.3).
fn thumbprint(public_key: &[u8; 32]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public_key);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    type TestResult = Result<(), BoxError>;

    fn ring(secret: &str) -> Result<Ed25519KeyRing, BoxError> {
        Ok(Ed25519KeyRing::new(&ServerSecret::new(secret))?)
    }

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn stored(ring: &Ed25519KeyRing, number: i64) -> Result<SigningKey, BoxError> {
        let NewKey { kid, public_key, sealed_key } = ring.generate()?;
        let (created_at, signs_from) = (at(0), at(number * 100));
        let verifies_until = None;
        Ok(SigningKey { number, kid, public_key, sealed_key, created_at, signs_from, verifies_until })
    }

    #[test]
    fn keys_have_the_names_of_the_standard() -> TestResult {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")?;
        let public_key = <[u8; 32]>::try_from(x.as_slice())?;
        assert_eq!(thumbprint(&public_key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        Ok(())
    }

    #[test]
    fn the_newest_key_signs_whose_time_has_come_and_all_check() -> TestResult {
        let ring = ring("one")?;
        let keys = [stored(&ring, 1)?, stored(&ring, 2)?];
        assert_eq!(ring.hold(&keys), 0);
        let signing = |seconds| ring.signing(at(seconds)).map(|key| key.kid().to_owned());
        assert_eq!(signing(99), None);
        assert_eq!(signing(199).as_ref(), Some(&keys[0].kid));
        assert_eq!(signing(200).as_ref(), Some(&keys[1].kid));
        for key in &keys {
            assert!(ring.checking(&key.kid).is_some());
        }
        let published: Vec<_> = ring.published().into_iter().map(|key| key.kid).collect();
        assert_eq!(published, [keys[0].kid.as_str(), &keys[1].kid]);
        assert_eq!(ring.hold(&keys[1..]), 0);
        assert!(ring.checking(&keys[0].kid).is_none());
        Ok(())
    }

    #[test]
    fn a_key_is_of_no_use_without_the_secret_that_sealed_it() -> TestResult {
        let (ours, theirs) = (ring("one")?, ring("two")?);
        let key = stored(&ours, 1)?;
        assert_eq!(theirs.hold(std::slice::from_ref(&key)), 1);
        assert!(theirs.signing(at(1_000)).is_none() && theirs.checking(&key.kid).is_none());
        // Who can write to the database puts another public key beside what is sealed.
        let other = stored(&theirs, 1)?;
        let mut damaged = key.clone();
        damaged.sealed_key[20] ^= 1;
        let swapped = SigningKey { public_key: other.public_key, ..key.clone() };
        let cut = SigningKey { sealed_key: key.sealed_key[..10].to_vec(), ..key.clone() };
        assert_eq!(ours.hold(&[damaged, swapped, cut, other]), 4);
        assert!(ours.published().is_empty());
        Ok(())
    }
}
