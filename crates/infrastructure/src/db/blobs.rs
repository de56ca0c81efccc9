//! Stored contents.

use async_trait::async_trait;
use plaza_domain::repository::{BlobRepository, RepositoryError, Result};
use plaza_domain::{Blob, Sha256};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, Iterable, QueryTrait};

use super::entity::blob::{ActiveModel, Column, Entity, Model};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> BlobRepository for Session<C> {
    async fn find(&mut self, sha256: Sha256) -> Result<Option<Blob>> {
        let query = Entity::find_by_id(sha256.0.to_vec());
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn insert_or_get(&mut self, blob: &Blob) -> Result<Blob> {
        let mut upsert = Entity::insert(ActiveModel::from(blob)).into_query();
        // Writing the key over itself changes nothing, and makes the row that is there come back in the same round
        // trip, locked: nobody deletes it before this transaction ends.
        let there = OnConflict::column(Column::Sha256).update_column(Column::Sha256).to_owned();
        upsert.on_conflict(there).returning(Query::returning().columns(Column::iter()));
        let stored = self.one::<Model, _>(&upsert).await?;
        stored.ok_or(RepositoryError::NotFound { entity: "blob" })
    }
}
