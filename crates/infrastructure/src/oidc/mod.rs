//! OpenID providers, asked over HTTP (OpenID Connect Core 1.0 and Discovery 1.0).

mod claims;
mod fault;
mod http;
mod metadata;
mod provider;

pub use http::HttpClientError;
pub(crate) use http::is_protected;
pub use provider::{OpenIdProvider, OpenIdSettings};
