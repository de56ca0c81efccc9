//! How tests speak HTTP.

use reqwest::{Client, ClientBuilder};

/// A client that speaks to this machine only, and needs to be built.
pub fn http_client() -> ClientBuilder {
    // The object store's client has reqwest built with TLS but without its cryptography; that another test has installed
    // one before is fine.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder().no_proxy()
}
