//! Contents without a reference, and rows that nothing needs.

use futures::{StreamExt, stream};

use super::{BATCH, BATCHES, BlobSweep, ContentService, delta};
use crate::Result;

/// How many objects are removed at a time.
const REMOVALS_AT_A_TIME: usize = 8;

impl ContentService {
    /// Contents are given up first and their objects removed after the commit: from then on no blob names them, and who
    /// uploads the same content again brings an object of their own. What is not removed after that is an orphan.
    pub(super) async fn purge(&self, done: &mut BlobSweep) -> Result<()> {
        let grace = delta(self.settings.grace)?;
        for _ in 0..BATCHES {
            let mut work = self.store.begin().await?;
            let keys = work.blobs().purge(grace, BATCH).await?;
            work.commit().await?;
            let found = keys.len() as u64;
            done.purged += found;
            done.not_removed += found - self.remove(keys).await;
            if found < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Rows of deleted files that no message shows, and then of purged contents that no file names.
    pub(super) async fn forget(&self, done: &mut BlobSweep) -> Result<()> {
        for _ in 0..BATCHES {
            let mut work = self.store.begin().await?;
            let files = work.files().forget_deleted(BATCH).await?;
            let contents = work.blobs().forget_purged(BATCH).await?;
            work.commit().await?;
            done.forgotten_files += files;
            done.forgotten_contents += contents;
            if files < BATCH && contents < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Returns how many of these objects were removed, or were gone.
    pub(super) async fn remove(&self, keys: Vec<String>) -> u64 {
        let removals = stream::iter(keys).map(|key| async move {
            let removed = self.blobs.delete(&key).await;
            if let Err(error) = &removed {
                tracing::warn!(error = ?error, "an object that is not needed could not be removed");
            }
            u64::from(removed.is_ok())
        });
        removals.buffer_unordered(REMOVALS_AT_A_TIME).fold(0, async |sum, removed| sum + removed).await
    }
}
