//! Stored contents.

use async_trait::async_trait;
use plaza_domain::{
    Blob, Sha256,
    repository::{BlobRepository, Result},
};

use super::connection::{Access, Connection};

#[async_trait]
impl<A: Access> BlobRepository for Connection<A> {
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>> {
        Ok(self.tables().blobs.get(&sha256).cloned())
    }

    async fn insert_or_get(&mut self, blob: &Blob) -> Result<Blob> {
        let blobs = &mut self.tables_mut()?.blobs;
        Ok(blobs.entry(blob.sha256).or_insert_with(|| blob.clone()).clone())
    }
}
