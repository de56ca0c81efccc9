//! Where a bucket is, and the client that speaks to it.

use std::time::Duration;

use object_store::{
    BackoffConfig, ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
};

use super::S3Error;
use crate::config::SecretText;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request that failed is made again, as long as whoever asked has patience.
const MAX_RETRIES: usize = 4;

/// Where the bucket is, and who asks.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// What the name of every object begins with; may be empty.
    pub prefix: String,
    /// The server, such as `https://s3.example.org`; Amazon's when it is left out.
    pub endpoint: Option<String>,
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The access key's id and secret; taken from the environment (`AWS_*`) or the machine's role when left out.
    pub keys: Option<(String, SecretText)>,
    /// How long one request may take until it is answered, with all its repetitions. A part of an upload must pass in
    /// that time.
    pub patience: Duration,
    /// Whether clients may be sent to the bucket to read objects there.
    pub gives_links: bool,
}

impl S3Settings {
    /// A client for this bucket; nothing is asked of it yet.
    pub(super) fn connect(&self) -> Result<AmazonS3, S3Error> {
        // Without one, the client would not know which cryptography to speak TLS with; that there is one already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = match &self.keys {
            Some((id, secret)) => {
                AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(secret.expose())
            }
            None => AmazonS3Builder::from_env(),
        };
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let is_plain = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new()
            .with_allow_http(is_plain)
            .with_connect_timeout(CONNECT_TIMEOUT.min(self.patience))
            // Counts for each piece of an answer.
            .with_read_timeout(self.patience)
            // A download takes as long as the one who reads it.
            .with_timeout_disabled();
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: MAX_RETRIES,
            retry_timeout: self.patience,
        };
        builder
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_client_options(client)
            .with_retry(retry)
            .build()
            .map_err(S3Error::Settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_do_not_show_the_secret() {
        let settings = S3Settings {
            bucket: "files".to_owned(),
            prefix: String::new(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            keys: Some(("id".to_owned(), SecretText::new("hush"))),
            patience: Duration::from_secs(1),
            gives_links: false,
        };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
