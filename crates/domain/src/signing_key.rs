//! Keys that sign access tokens.

use crate::Timestamp;

/// A pair of keys (Ed25519, RFC 8032). It is made known before it signs, and still checks when its successor signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its place in the order in which keys were made.
    pub number: i64,
    /// What tokens name it by (`kid`).
    pub kid: String,
    /// The half that checks signatures; anybody may know it.
    pub public_key: [u8; 32],
    /// The half that makes them, sealed: of no use without the server's secret.
    pub sealed_key: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// Until when it checks; nothing is said about it before it has a successor.
    pub verifies_until: Option<Timestamp>,
}
