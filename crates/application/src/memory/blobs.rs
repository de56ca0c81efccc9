//! Stored contents.

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::{
    Blob, RepositoryError, Sha256,
    repository::{BlobRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::CountedBlob,
};

#[async_trait]
impl<A: Access> BlobRepository for Connection<A> {
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>> {
        let tables = self.tables();
        let stored = tables.blobs.get(&sha256).filter(|stored| !stored.is_purged);
        Ok(stored.map(|stored| stored.blob.clone()))
    }

    async fn acquire(&mut self, blob: &Blob) -> Result<Blob> {
        let new = || CountedBlob { blob: blob.clone(), references: 0, released_at: None, is_purged: false };
        let stored = self.tables_mut()?.blobs.entry(blob.sha256).or_insert_with(new);
        if stored.is_purged {
            *stored = new();
        }
        stored.references += 1;
        stored.released_at = None;
        Ok(stored.blob.clone())
    }

    async fn release(&mut self, sha256: Sha256) -> Result<()> {
        let now = self.clock.now();
        let stored = self.tables_mut()?.blobs.change(&sha256, "reference to a blob")?;
        let left = stored.references.checked_sub(1);
        stored.references = left.ok_or(RepositoryError::NotFound { entity: "reference to a blob" })?;
        if stored.references == 0 {
            stored.released_at = Some(now);
        }
        Ok(())
    }

    async fn purge(&mut self, unused_for: TimeDelta, limit: u64) -> Result<Vec<String>> {
        let before = self.clock.now() - unused_for;
        let blobs = &mut self.tables_mut()?.blobs;
        let is_unused = |stored: &CountedBlob| {
            stored.references == 0 && !stored.is_purged && stored.released_at.is_some_and(|at| at <= before)
        };
        let unused = blobs.values_mut().filter(|stored| is_unused(stored)).take(rows(limit));
        let purge = |stored: &mut CountedBlob| {
            stored.is_purged = true;
            stored.blob.storage_key.clone()
        };
        Ok(unused.map(purge).collect())
    }

    async fn forget_purged(&mut self, limit: u64) -> Result<u64> {
        let tables = self.tables_mut()?;
        let is_named = |sha256: &Sha256| tables.files.values().any(|file| file.sha256 == *sha256);
        let purged = tables.blobs.iter().filter(|(sha256, stored)| stored.is_purged && !is_named(sha256));
        let forgotten: Vec<Sha256> = purged.map(|(sha256, _)| *sha256).take(rows(limit)).collect();
        for sha256 in &forgotten {
            tables.blobs.remove(sha256);
        }
        Ok(forgotten.len() as u64)
    }

    async fn named(&mut self, keys: &[String]) -> Result<Vec<String>> {
        let tables = self.tables();
        let stored = tables.blobs.values().filter(|stored| !stored.is_purged);
        let named = stored.map(|stored| &stored.blob.storage_key).filter(|key| keys.contains(key));
        Ok(named.cloned().collect())
    }
}
