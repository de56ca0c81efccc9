//! A key as tokens are signed and checked with it, and where such keys come from.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use plaza_domain::Timestamp;

use super::ServerSecret;

/// What access tokens say they are (RFC 9068).
pub(super) const TYPE: &str = "at+jwt";

/// A key, with the header of the tokens that it signs.
pub(super) struct TokenKey {
    pub(super) header: Header,
    pub(super) signing: EncodingKey,
    pub(super) checking: DecodingKey,
    kid: String,
}

impl TokenKey {
    pub(super) fn new(
        algorithm: Algorithm,
        kid: String,
        signing: EncodingKey,
        checking: DecodingKey,
    ) -> Self {
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(kid.clone()), ..Header::new(algorithm) };
        Self { header, signing, checking, kid }
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }
}

/// Where keys come from. All of them are for one algorithm: what a token says about its own is not asked.
pub(super) trait TokenKeys: Send + Sync {
    /// What they are for.
    fn algorithm(&self) -> Algorithm;

    /// The one that signs at that time.
    fn signing(&self, at: Timestamp) -> Option<Arc<TokenKey>>;

    /// The one that tokens name so.
    fn checking(&self, kid: &str) -> Option<Arc<TokenKey>>;
}

/// The one key of HMAC-SHA-256, which follows from the server's secret.
pub(super) struct SecretKey(Arc<TokenKey>);

impl SecretKey {
    pub(super) fn new(secret: &ServerSecret) -> Self {
        let key = secret.derive("plaza/access-token/1");
        // Tells nothing about the key itself, as a hash of it might.
        let name = URL_SAFE_NO_PAD.encode(&secret.derive("plaza/access-token/kid/1")[..16]);
        let (signing, checking) = (EncodingKey::from_secret(&key), DecodingKey::from_secret(&key));
        Self(Arc::new(TokenKey::new(Algorithm::HS256, name, signing, checking)))
    }
}

impl TokenKeys for SecretKey {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }

    fn signing(&self, _at: Timestamp) -> Option<Arc<TokenKey>> {
        Some(Arc::clone(&self.0))
    }

    fn checking(&self, kid: &str) -> Option<Arc<TokenKey>> {
        (self.0.kid() == kid).then(|| Arc::clone(&self.0))
    }
}
