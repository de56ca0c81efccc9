//! Objects as files: `ab/cd/<uuid>` below the root, where `abcd` are the last digits of the id.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use plaza_application::ports::{BlobError, BlobStore, BlobWriter, ByteStream, DirectLink, ListedObject};
use plaza_domain::{IdGenerator, Timestamp};
use tokio::{fs, task::spawn_blocking};
use uuid::Uuid;

use super::{from_io, list, reader, writer::FileWriter};
use crate::folder::create_folder_aside;

/// Nobody uploads for so long: a draft this old was left by a process that died.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where objects and drafts are.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
}

impl Layout {
    pub(super) fn drafts(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn draft(&self, id: Uuid) -> PathBuf {
        self.drafts().join(id.to_string())
    }

    /// The beginning of a UUIDv7 is the time; its end is random and spreads well.
    pub(super) fn object(&self, id: Uuid) -> PathBuf {
        let [.., first, second] = *id.as_bytes();
        self.root.join(format!("{first:02x}")).join(format!("{second:02x}")).join(id.to_string())
    }

    /// Only what this store made is a key, so that no key leads out of the root.
    fn find(&self, key: &str) -> Result<PathBuf, BlobError> {
        match Uuid::parse_str(key) {
            Ok(id) if id.to_string() == key => Ok(self.object(id)),
            _ => Err(BlobError::NotFound { key: key.to_owned() }),
        }
    }
}

/// An object store in a folder. Processes that share it must see the same folder.
pub struct FileBlobStore {
    layout: Layout,
    ids: Arc<dyn IdGenerator>,
}

impl FileBlobStore {
    /// Opens the store, makes its folders where they are missing, and removes drafts of processes that died.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub async fn open(root: &Path, ids: Arc<dyn IdGenerator>) -> io::Result<Self> {
        let layout = Layout { root: root.to_owned() };
        create_folder_aside(&layout.drafts()).await?;
        let drafts = layout.drafts();
        let is_stale = |modified: SystemTime| modified.elapsed().is_ok_and(|age| age > STALE);
        spawn_blocking(move || list::remove_drafts(&drafts, is_stale)).await??;
        Ok(Self { layout, ids })
    }
}

#[async_trait]
impl BlobStore for FileBlobStore {
    async fn create(&self) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(Box::new(FileWriter::create(self.layout.clone(), self.ids.next()).await?))
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let found = reader::open(self.layout.find(key)?, range).await?;
        found.ok_or_else(|| BlobError::NotFound { key: key.to_owned() })
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        let Ok(path) = self.layout.find(key) else {
            return Ok(());
        };
        match fs::remove_file(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(error)),
            _ => Ok(()),
        }
    }

    async fn direct_url(&self, _key: &str, _link: &DirectLink) -> Result<Option<String>, BlobError> {
        Ok(None)
    }

    async fn list(&self, after: &str, limit: usize) -> Result<Vec<ListedObject>, BlobError> {
        let (layout, after) = (self.layout.clone(), Uuid::parse_str(after).ok());
        in_background(move || list::objects(&layout, after, limit)).await
    }

    async fn remove_drafts(&self, before: Timestamp) -> Result<u64, BlobError> {
        let drafts = self.layout.drafts();
        let before = SystemTime::from(before);
        in_background(move || list::remove_drafts(&drafts, |modified| modified < before)).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        let mut writer = self.create().await?;
        writer.write(Bytes::from_static(b"probe")).await?;
        let stored = writer.finish().await?;
        self.delete(&stored.key).await
    }
}

/// What holds up its thread.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    let done = spawn_blocking(work).await.map_err(|error| BlobError::Unavailable(error.into()))?;
    done.map_err(from_io)
}
