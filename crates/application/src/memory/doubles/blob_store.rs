//! An object store in memory.

use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use futures::{StreamExt, stream};
use plaza_domain::Timestamp;
use sha2::{Digest, Sha256};

use crate::ports::{BlobError, BlobStore, BlobWriter, ByteStream, DirectLink, ListedObject, StoredObject};

const DEFAULT_CAPACITY: u64 = 256 * 1024 * 1024;
/// Small enough that a reader meets several chunks.
const CHUNK: usize = 64 * 1024;

/// Keeps objects in memory, as many bytes as its capacity allows. It notes no times: every object is as old as can be.
#[derive(Clone)]
pub struct MemoryBlobStore {
    shelf: Arc<Mutex<Shelf>>,
}

struct Shelf {
    objects: BTreeMap<String, Bytes>,
    created: u64,
    free: u64,
}

impl MemoryBlobStore {
    /// An empty store for that many bytes.
    pub fn with_capacity(bytes: u64) -> Self {
        let shelf = Shelf { objects: BTreeMap::new(), created: 0, free: bytes };
        Self { shelf: Arc::new(Mutex::new(shelf)) }
    }

    /// The keys of the objects that are stored now: lets a test see that nothing was left behind.
    pub fn keys(&self) -> Vec<String> {
        self.shelf().objects.keys().cloned().collect()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBlobStore {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

#[async_trait]
impl BlobStore for MemoryBlobStore {
    async fn create(&self) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(Box::new(Writer { store: self.clone(), written: BytesMut::new() }))
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let object = self.shelf().objects.get(key).cloned();
        let object = object.ok_or_else(|| BlobError::NotFound { key: key.to_owned() })?;
        let part = match range {
            Some(range) => slice(&object, range)?,
            None => object,
        };
        let chunks: Vec<_> = (0..part.len())
            .step_by(CHUNK)
            .map(|start| Ok(part.slice(start..part.len().min(start + CHUNK))))
            .collect();
        Ok(stream::iter(chunks).boxed())
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        let mut shelf = self.shelf();
        if let Some(object) = shelf.objects.remove(key) {
            shelf.free += object.len() as u64;
        }
        Ok(())
    }

    async fn direct_url(&self, _key: &str, _link: &DirectLink) -> Result<Option<String>, BlobError> {
        Ok(None)
    }

    async fn list(&self, after: &str, limit: usize) -> Result<Vec<ListedObject>, BlobError> {
        let shelf = self.shelf();
        let later = shelf.objects.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let listed = later.map(|(key, object)| ListedObject {
            key: key.clone(),
            size: object.len() as u64,
            modified_at: DateTime::UNIX_EPOCH,
        });
        Ok(listed.take(limit).collect())
    }

    async fn remove_drafts(&self, _before: Timestamp) -> Result<u64, BlobError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), BlobError> {
        if self.shelf().free == 0 {
            return Err(BlobError::Full);
        }
        Ok(())
    }
}

fn slice(object: &Bytes, range: Range<u64>) -> Result<Bytes, BlobError> {
    let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    match bounds {
        Some((start, end)) if start <= end && end <= object.len() => Ok(object.slice(start..end)),
        _ => Err(BlobError::Unavailable("the range lies outside of the object".into())),
    }
}

struct Writer {
    store: MemoryBlobStore,
    written: BytesMut,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let needed = (self.written.len() + bytes.len()) as u64;
        if needed > self.store.shelf().free {
            return Err(BlobError::Full);
        }
        self.written.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<StoredObject, BlobError> {
        let sha256 = plaza_domain::Sha256(Sha256::digest(&self.written).into());
        let size = self.written.len() as u64;
        let mut shelf = self.store.shelf();
        shelf.free = shelf.free.checked_sub(size).ok_or(BlobError::Full)?;
        shelf.created += 1;
        let key = format!("object-{}", shelf.created);
        shelf.objects.insert(key.clone(), self.written.freeze());
        Ok(StoredObject { key, size, sha256 })
    }

    async fn abort(self: Box<Self>) {}
}
