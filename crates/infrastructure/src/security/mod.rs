//! Passwords, tokens and the server's secret that both hang on.

mod access_tokens;
mod passwords;
mod secrets;
mod server_secret;

pub use access_tokens::JwtAccessTokens;
pub use passwords::{BcryptPasswords, TooManyWaiting};
pub use secrets::RandomSecrets;
pub use server_secret::{SecretError, ServerSecret};
