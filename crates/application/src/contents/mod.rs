//! Contents that nobody needs any more: found and removed by recurring jobs, on whichever worker.
//!
//! Every sweep does a bounded amount at a time, remembers where it stopped, and may be broken off or run by several
//! workers at once: what it decides is a conditional write, and what it does outside of the database bears repeating.

mod blobs;
mod orphans;
mod unused;

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Clock, RepositoryError, Store};
use serde::Serialize;

use crate::{
    Error, Ports, Result, UploadSettings,
    ports::{BlobStore, EventBus},
};

/// How many rows a transaction changes.
const BATCH: u64 = 200;
/// How many times a batch, in one run; what is left is for the next one.
const BATCHES: usize = 50;

/// What a sweep of contents and objects did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BlobSweep {
    /// Contents without a reference whose objects were given up.
    pub purged: u64,
    /// Objects that could not be removed: a later run finds them as orphans.
    pub not_removed: u64,
    /// Objects that were looked at.
    pub objects: u64,
    /// Those that no content named, which were removed.
    pub orphans: u64,
    /// Beginnings of objects that nobody finished.
    pub drafts: u64,
    /// Rows of deleted files that no message shows any more.
    pub forgotten_files: u64,
    /// Rows of purged contents that no file names any more.
    pub forgotten_contents: u64,
}

/// What a sweep of uploads did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UploadSweep {
    /// Uploads that lasted too long.
    pub expired: u64,
    /// Old files that were looked at.
    pub files: u64,
    /// Those that nothing showed, which were deleted.
    pub deleted: u64,
    /// Archives of users that were kept for long enough, which were deleted.
    pub archives: u64,
}

/// Removes what nobody needs.
pub struct ContentService {
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    settings: UploadSettings,
}

impl ContentService {
    pub(crate) fn new(ports: &Ports, settings: UploadSettings) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            blobs: Arc::clone(&ports.blobs),
            bus: Arc::clone(&ports.bus),
            clock: Arc::clone(&ports.clock),
            settings,
        }
    }

    /// Gives up contents that nothing has referred to for the time of grace, and removes their objects; then objects
    /// that no content names; then rows that nothing needs.
    ///
    /// # Errors
    /// `Unavailable`; what was done until then stays done.
    pub async fn sweep_blobs(&self) -> Result<BlobSweep> {
        let mut done = BlobSweep::default();
        self.purge(&mut done).await?;
        self.remove_orphans(&mut done).await?;
        self.forget(&mut done).await?;
        tracing::info!(
            done.purged,
            done.not_removed,
            done.objects,
            done.orphans,
            done.drafts,
            done.forgotten_files,
            done.forgotten_contents,
            "contents were swept"
        );
        Ok(done)
    }

    /// Forgets uploads that lasted too long, and deletes files that nothing has shown for long.
    ///
    /// # Errors
    /// `Unavailable`; what was done until then stays done.
    pub async fn sweep_uploads(&self) -> Result<UploadSweep> {
        let mut done = UploadSweep::default();
        self.expire(&mut done).await?;
        self.delete_unused(&mut done).await?;
        self.delete_archives(&mut done).await?;
        tracing::info!(done.expired, done.files, done.deleted, done.archives, "uploads were swept");
        Ok(done)
    }

    /// Where the sweep of that name stopped.
    async fn place(&self, key: &str) -> std::result::Result<String, RepositoryError> {
        Ok(self.store.read().await?.settings().find(key).await?.unwrap_or_default())
    }

    /// Remembers where the sweep of that name stopped.
    async fn remember(&self, key: &str, place: &str) -> std::result::Result<(), RepositoryError> {
        let mut work = self.store.begin().await?;
        work.settings().save(key, place).await?;
        work.commit().await
    }
}

fn delta(duration: std::time::Duration) -> Result<TimeDelta> {
    TimeDelta::from_std(duration).map_err(|error| Error::Internal(error.into()))
}
