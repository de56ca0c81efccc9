//! Uploads that did not end, and files that nothing shows.

use plaza_domain::{FileId, FilePlace};

use super::{BATCH, BATCHES, ContentService, UploadSweep, delta};
use crate::{EXPORT_KEPT, Result, files};

/// Where the last run stopped: a file's place, or nothing for the oldest.
const PLACE: &str = "sweep.files.after";

impl ContentService {
    /// Uploads that lasted too long no longer take a place.
    pub(super) async fn expire(&self, done: &mut UploadSweep) -> Result<()> {
        for _ in 0..BATCHES {
            let mut work = self.store.begin().await?;
            let forgotten = work.usage().forget_uploads(BATCH).await?;
            work.commit().await?;
            done.expired += forgotten;
            if forgotten < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Deletes archives of users that are older than they are kept. One that cannot be deleted is left to a later run, and
    /// holds up no other of its batch.
    pub(super) async fn delete_archives(&self, done: &mut UploadSweep) -> Result<()> {
        let before = self.clock.now() - EXPORT_KEPT;
        for _ in 0..BATCHES {
            let old = self.store.read().await?.exports().archives(before, BATCH).await?;
            if old.is_empty() {
                break;
            }
            let mut has_failed = false;
            for id in old {
                match self.delete_if_unused(id).await {
                    Ok(is_deleted) => done.archives += u64::from(is_deleted),
                    Err(error) => {
                        has_failed = true;
                        tracing::warn!(file.id = %id, error = ?error, "an archive could not be deleted");
                    }
                }
            }
            // It would be found again, and again first.
            if has_failed {
                break;
            }
        }
        Ok(())
    }

    /// Deletes, as their owners do, old files that no message shows and nobody has as their avatar; looks at files from
    /// where the last run stopped.
    pub(super) async fn delete_unused(&self, done: &mut UploadSweep) -> Result<()> {
        let Some(unused_after) = self.settings.unused_after else { return Ok(()) };
        let before = self.clock.now() - delta(unused_after)?;
        let mut after = FilePlace::parse(&self.place(PLACE).await?);
        for _ in 0..BATCHES {
            let mut read = self.store.read().await?;
            let page = read.files().list_kept(before, after, BATCH).await?;
            let ids: Vec<FileId> = page.iter().map(|place| place.id).collect();
            let shown = read.files().shown(&ids).await?;
            drop(read);
            done.files += ids.len() as u64;
            for id in ids.into_iter().filter(|id| !shown.contains(id)) {
                done.deleted += u64::from(self.delete_if_unused(id).await?);
            }
            after = page.last().copied();
            self.remember(PLACE, &after.map(|place| place.to_string()).unwrap_or_default()).await?;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn delete_if_unused(&self, id: FileId) -> Result<bool> {
        files::delete_if_unused(&*self.store, &*self.bus, id, self.clock.now()).await
    }
}
