//! The hash of a password.

use std::fmt;

/// A password's hash in the form its hasher writes; never shown, also not by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash.
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// That of an account without a password: no password fits it.
    pub fn none() -> Self {
        Self("!".to_owned())
    }

    /// Whether there is a password that fits it.
    pub fn is_some(&self) -> bool {
        self.0 != "!"
    }

    /// The hash, for the hasher and the store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_hash_is_not_shown_by_debug() {
        assert!(!format!("{:?}", PasswordHash::new("$2b$secret".into())).contains("secret"));
    }
}
