//! Passwords, tokens and the server's secret that both hang on.

mod access_tokens;
mod passwords;
mod secrets;
mod server_secret;
mod url_signer;

pub use access_tokens::JwtAccessTokens;
pub use passwords::{BcryptPasswords, TooManyWaiting};
pub use secrets::RandomSecrets;
pub use server_secret::{SecretError, ServerSecret};
pub use url_signer::HmacUrlSigner;
