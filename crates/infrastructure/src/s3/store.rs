//! Objects in a bucket: `<prefix>/<uuid>`.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use plaza_application::ports::{BlobError, BlobStore, BlobWriter, ByteStream};
use plaza_domain::IdGenerator;
use thiserror::Error;
use uuid::Uuid;

use super::{from_store, writer::S3Writer};

/// How long to wait for a connection, and for the next bytes of an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A request that failed is tried again for so long; whoever waits for it gives up not much later.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
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
    pub keys: Option<(String, String)>,
}

/// The settings lead to no bucket.
#[derive(Debug, Error)]
#[error("the object store cannot be used")]
pub struct S3Error(#[from] object_store::Error);

/// An object store in a bucket that any number of processes share.
pub struct S3BlobStore {
    store: Arc<AmazonS3>,
    prefix: Path,
    ids: Arc<dyn IdGenerator>,
}

impl S3BlobStore {
    /// A store in that bucket; nothing is asked of it yet.
    ///
    /// # Errors
    /// When the settings are no bucket's.
    pub fn new(settings: &S3Settings, ids: Arc<dyn IdGenerator>) -> Result<Self, S3Error> {
        // Without one, the client would not know which cryptography to speak TLS with; that there is one already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = match &settings.keys {
            Some((id, secret)) => {
                AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(secret)
            }
            None => AmazonS3Builder::from_env(),
        };
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let is_plain = settings.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new()
            .with_allow_http(is_plain)
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_read_timeout(READ_TIMEOUT)
            // A download takes as long as the one who reads it.
            .with_timeout_disabled();
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: MAX_RETRIES,
            retry_timeout: RETRY_TIMEOUT,
        };
        let store = builder
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_client_options(client)
            .with_retry(retry)
            .build()?;
        Ok(Self { store: Arc::new(store), prefix: Path::from(settings.prefix.as_str()), ids })
    }

    fn object(&self, id: Uuid) -> Path {
        self.prefix.clone().join(id.to_string())
    }

    /// Only what this store made is a key, so that no key leads out of the prefix.
    fn find(&self, key: &str) -> Result<Path, BlobError> {
        match Uuid::parse_str(key) {
            Ok(id) if id.to_string() == key => Ok(self.object(id)),
            _ => Err(BlobError::NotFound { key: key.to_owned() }),
        }
    }
}

#[async_trait]
impl BlobStore for S3BlobStore {
    async fn create(&self) -> Result<Box<dyn BlobWriter>, BlobError> {
        let id = self.ids.next();
        let store: Arc<dyn ObjectStore> = Arc::clone(&self.store) as _;
        Ok(Box::new(S3Writer::new(store, self.object(id), id)))
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let path = self.find(key)?;
        let failed = |error| from_store(key, error);
        let Some(range) = range else {
            let found = self.store.get(&path).await.map_err(failed)?;
            return Ok(chunks(key, found));
        };
        if range.is_empty() {
            // There is no way to ask S3 for nothing.
            let size = self.store.head(&path).await.map_err(failed)?.size;
            check_range(&range, size)?;
            return Ok(Box::pin(futures::stream::empty()));
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let found = self.store.get_opts(&path, options).await.map_err(failed)?;
        check_range(&range, found.meta.size)?;
        Ok(chunks(key, found))
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        let Ok(path) = self.find(key) else { return Ok(()) };
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_store(key, error)),
        }
    }

    /// Writes the same small object again: one request, and nothing to clean up.
    async fn check(&self) -> Result<(), BlobError> {
        let probe = self.prefix.clone().join("probe");
        let written = self.store.put(&probe, Bytes::from_static(b"probe").into()).await;
        written.map(drop).map_err(|error| from_store("probe", error))
    }
}

fn chunks(key: &str, found: object_store::GetResult) -> ByteStream {
    let key = key.to_owned();
    Box::pin(found.into_stream().map(move |chunk| chunk.map_err(|error| from_store(&key, error))))
}

/// S3 gives what there is of a range; who asks for more than there is has a wrong idea of the object.
fn check_range(range: &Range<u64>, size: u64) -> Result<(), BlobError> {
    let Range { start, end } = *range;
    if start <= end && end <= size {
        return Ok(());
    }
    Err(BlobError::Unavailable(format!("bytes {start} to {end} of an object of {size} bytes").into()))
}
