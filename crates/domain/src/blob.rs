//! Stored bytes, one for each content.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A SHA-256 (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// The bytes of one content, wherever files with that content are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// What it hashes to.
    pub sha256: Sha256,
    /// Where the object store keeps it.
    pub storage_key: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was first stored.
    pub created_at: Timestamp,
}
