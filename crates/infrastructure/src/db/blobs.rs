//! Stored contents.

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::repository::{BlobRepository, RepositoryError, Result};
use plaza_domain::{Blob, Sha256};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};

use super::entity::blob::{Column, Entity, Model};
use super::queries::blobs as queries;
use super::session::{MAX_KEYS, Session, found, value};

#[async_trait]
impl<C: ConnectionTrait + Send> BlobRepository for Session<C> {
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>> {
        let query = Entity::find_by_id(sha256.0.to_vec()).filter(Column::PurgedAt.is_null());
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn acquire(&mut self, blob: &Blob) -> Result<Blob> {
        let stored = self.one::<Model, _>(&queries::acquire(blob)).await?;
        stored.ok_or(RepositoryError::NotFound { entity: "blob" })
    }

    async fn release(&mut self, sha256: Sha256) -> Result<()> {
        let rows = self.execute(&queries::release(self.backend(), sha256)).await?;
        found(rows, "reference to a blob")
    }

    async fn purge(&mut self, unused_for: TimeDelta, limit: u64) -> Result<Vec<String>> {
        let rows = self.rows(&queries::purge(self.backend(), unused_for, limit)).await?;
        rows.iter().map(|row| value(row, Column::StorageKey)).collect()
    }

    async fn forget_purged(&mut self, limit: u64) -> Result<u64> {
        self.execute(&queries::forget_purged(self.backend(), limit)).await
    }

    async fn named(&mut self, keys: &[String]) -> Result<Vec<String>> {
        let mut named = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            for row in self.rows(&queries::named(keys)).await? {
                named.push(value(&row, Column::StorageKey)?);
            }
        }
        Ok(named)
    }
}
