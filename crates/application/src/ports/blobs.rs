//! Where the bytes of files are kept.

use std::{ops::Range, pin::Pin, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::Stream;
use plaza_domain::{Sha256, Timestamp};
use thiserror::Error;

use super::BoxError;

/// Bytes as they arrive.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BlobError>> + Send>>;

/// Why an object store could not do what it was asked for.
#[derive(Debug, Error)]
pub enum BlobError {
    /// There is no such object.
    #[error("no object {key}")]
    NotFound {
        /// What was asked for.
        key: String,
    },
    /// There is no room for more.
    #[error("the object store is full")]
    Full,
    /// It does not answer, or not as it should.
    #[error("the object store is unavailable")]
    Unavailable(#[source] BoxError),
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Where; new for each object.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// What it hashes to.
    pub sha256: Sha256,
}

/// A URL that leads to an object without Plaza in between, and what its server shall say about the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectLink {
    /// How long it works.
    pub ttl: Duration,
    /// `Content-Type`.
    pub media_type: String,
    /// `Content-Disposition`.
    pub disposition: String,
    /// `Cache-Control`.
    pub caching: String,
}

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Where it is.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was stored, by the store's clock.
    pub modified_at: Timestamp,
}

/// An object store. Objects are never changed once they are stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Begins a new object.
    ///
    /// # Errors
    /// `Full`, `Unavailable`.
    async fn create(&self) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// Reads an object or a part of it; the range must lie within the object.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`; either may also come in the middle of the stream.
    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError>;

    /// Removes an object; removing one that is not there is no error.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn delete(&self, key: &str) -> Result<(), BlobError>;

    /// A URL by which anybody can read an object (`GET`) until it ends; `None` when this store gives out none.
    ///
    /// # Errors
    /// `NotFound` for what is no key of this store; `Unavailable`.
    async fn direct_url(&self, key: &str, link: &DirectLink) -> Result<Option<String>, BlobError>;

    /// Objects that come after that key in an order of the store's own, from the beginning when it is empty; at most
    /// `limit`, and none when there are no more. What is stored or removed meanwhile may be in the list or not.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn list(&self, after: &str, limit: usize) -> Result<Vec<ListedObject>, BlobError>;

    /// Removes what was written before that time of objects that were never finished, where it can be found, and returns
    /// how many there were.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn remove_drafts(&self, before: Timestamp) -> Result<u64, BlobError>;

    /// Whether objects can be stored and read.
    ///
    /// # Errors
    /// `Full`, `Unavailable`.
    async fn check(&self) -> Result<(), BlobError>;
}

/// An object that is being written; it hashes what passes. Dropping it leaves nothing behind but what a sweep removes.
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// `Full`, `Unavailable`.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError>;

    /// Makes the object durable: it survives a crash of this process and of the machine.
    ///
    /// # Errors
    /// `Full`, `Unavailable`.
    async fn finish(self: Box<Self>) -> Result<StoredObject, BlobError>;

    /// Throws away what was written.
    async fn abort(self: Box<Self>);
}
