//! Opaque tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use plaza_application::ports::{BoxError, Secrets};
use plaza_domain::TokenDigest;
use sha2::{Digest, Sha256};

/// Opaque tokens from the operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomSecrets;

impl Secrets for RandomSecrets {
    fn generate(&self) -> Result<String, BoxError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
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
        let (a, b) = (RandomSecrets.generate()?, RandomSecrets.generate()?);
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
        assert_ne!(RandomSecrets.digest(&a), RandomSecrets.digest(&b));
        Ok(())
    }
}
