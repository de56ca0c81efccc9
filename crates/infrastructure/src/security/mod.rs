//! Passwords, tokens and the server's secret that both hang on.

mod access_tokens;
mod key_ring;
mod passwords;
mod sealing;
mod secrets;
mod server_secret;
mod token_key;
mod totp;
mod url_signer;

pub use access_tokens::JwtAccessTokens;
pub use key_ring::Ed25519KeyRing;
pub use passwords::{BcryptPasswords, TooManyWaiting};
pub use secrets::OpaqueSecrets;
pub use server_secret::{SecretError, ServerSecret};
pub use totp::SealedTotp;
pub use url_signer::HmacUrlSigner;
