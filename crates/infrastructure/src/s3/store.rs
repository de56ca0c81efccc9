//! Objects in a bucket: `<prefix>/<uuid>`.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryFutureExt, TryStreamExt};
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt,
    aws::AmazonS3,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use plaza_application::ports::{BlobError, BlobStore, BlobWriter, ByteStream, DirectLink, ListedObject};
use plaza_domain::{IdGenerator, Timestamp};
use reqwest::Method;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    S3Error, S3Settings,
    error::{in_time, not_read, not_written},
    writer::S3Writer,
};

/// An object store in a bucket that any number of processes share.
pub struct S3BlobStore {
    store: Arc<AmazonS3>,
    prefix: Path,
    patience: Duration,
    gives_links: bool,
    ids: Arc<dyn IdGenerator>,
    tracker: TaskTracker,
}

impl S3BlobStore {
    /// A store in that bucket; nothing is asked of it yet. Uploads that are left half done are cleared away by tasks of
    /// `tracker`.
    ///
    /// # Errors
    /// `Settings`, when they are no bucket's.
    pub fn new(
        settings: &S3Settings,
        ids: Arc<dyn IdGenerator>,
        tracker: TaskTracker,
    ) -> Result<Self, S3Error> {
        let store = Arc::new(settings.connect()?);
        let prefix = Path::from(settings.prefix.as_str());
        Ok(Self {
            store,
            prefix,
            patience: settings.patience,
            gives_links: settings.gives_links,
            ids,
            tracker,
        })
    }

    /// Tries what Plaza does with a bucket: to list, write and read. For the start, when somebody looks.
    ///
    /// # Errors
    /// `Refused` and `NoBucket` will not pass by themselves, `Unavailable` may.
    pub async fn verify(&self) -> Result<(), S3Error> {
        match timeout(self.patience, self.probe()).await {
            Ok(answered) => Ok(answered?),
            Err(elapsed) => Err(S3Error::Unavailable(elapsed.into())),
        }
    }

    /// Writes the same small object again: nothing is left to clean up.
    async fn probe(&self) -> Result<(), object_store::Error> {
        let probe = self.prefix.clone().join("probe");
        self.store.list(Some(&probe)).try_next().await?;
        self.store.put(&probe, Bytes::from_static(b"probe").into()).await?;
        self.store.get(&probe).await?.bytes().await.map(drop)
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

    /// `None` for what this store did not make.
    fn listed(&self, object: ObjectMeta) -> Option<ListedObject> {
        let id = Uuid::parse_str(object.location.filename()?).ok()?;
        let is_own = self.object(id) == object.location;
        is_own.then(|| ListedObject {
            key: id.to_string(),
            size: object.size,
            modified_at: object.last_modified,
        })
    }

    async fn read(&self, key: &str, path: &Path, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let failed = |error| not_read(key, error);
        let Some(range) = range else {
            let found = self.store.get(path).await.map_err(failed)?;
            return Ok(chunks(key, found));
        };
        if range.is_empty() {
            // There is no way to ask S3 for nothing.
            let size = self.store.head(path).await.map_err(failed)?.size;
            check_range(&range, size)?;
            return Ok(Box::pin(futures::stream::empty()));
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let found = self.store.get_opts(path, options).await.map_err(failed)?;
        check_range(&range, found.meta.size)?;
        Ok(chunks(key, found))
    }
}

#[async_trait]
impl BlobStore for S3BlobStore {
    async fn create(&self) -> Result<Box<dyn BlobWriter>, BlobError> {
        let id = self.ids.next();
        let store: Arc<dyn ObjectStore> = Arc::clone(&self.store) as _;
        Ok(Box::new(S3Writer::new(store, self.object(id), id, self.patience, self.tracker.clone())))
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let path = self.find(key)?;
        in_time(self.patience, self.read(key, &path, range)).await
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        let Ok(path) = self.find(key) else { return Ok(()) };
        let deleted = self.store.delete(&path).map_err(|error| not_read(key, error));
        match in_time(self.patience, deleted).await {
            Err(BlobError::NotFound { .. }) => Ok(()),
            ended => ended,
        }
    }

    async fn direct_url(&self, key: &str, link: &DirectLink) -> Result<Option<String>, BlobError> {
        if !self.gives_links {
            return Ok(None);
        }
        let path = self.find(key)?;
        let said = [
            ("response-content-type", &link.media_type),
            ("response-content-disposition", &link.disposition),
            ("response-cache-control", &link.caching),
        ];
        let mut options = SignedUrlOptions::default();
        options.extra_query = said.map(|(name, value)| (name.to_owned(), value.clone())).to_vec();
        // Asks nobody, unless the keys are the machine's and have to be renewed.
        let signed = self.store.signed_url_opts(Method::GET, &path, link.ttl, &options);
        let url = in_time(self.patience, signed.map_err(|error| not_read(key, error))).await?;
        Ok(Some(url.into()))
    }

    async fn list(&self, after: &str, limit: usize) -> Result<Vec<ListedObject>, BlobError> {
        let listed = match self.find(after) {
            Ok(after) => self.store.list_with_offset(Some(&self.prefix), &after),
            Err(_) => self.store.list(Some(&self.prefix)),
        };
        let own = listed.try_filter_map(|object| async move { Ok(self.listed(object)) });
        let page = own.take(limit).try_collect().map_err(|error| not_read("", error));
        in_time(self.patience, page).await
    }

    /// S3 lists them with what the bucket's own rules remove.
    async fn remove_drafts(&self, _before: Timestamp) -> Result<u64, BlobError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), BlobError> {
        in_time(self.patience, self.probe().map_err(not_written)).await
    }
}

fn chunks(key: &str, found: object_store::GetResult) -> ByteStream {
    let key = key.to_owned();
    Box::pin(found.into_stream().map(move |chunk| chunk.map_err(|error| not_read(&key, error))))
}

/// S3 gives what there is of a range; who asks for more than there is has a wrong idea of the object.
fn check_range(range: &Range<u64>, size: u64) -> Result<(), BlobError> {
    let Range { start, end } = *range;
    if start <= end && end <= size {
        return Ok(());
    }
    Err(BlobError::Unavailable(format!("bytes {start} to {end} of an object of {size} bytes").into()))
}
