//! What users' files take up, and which uploads are under way.

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::repository::{Result, UsageRepository};
use plaza_domain::{Upload, UploadId, Usage, UserId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};

use super::entity::{file_usage, upload};
use super::queries::usage as queries;
use super::session::{Session, found};

#[async_trait]
impl<C: ConnectionTrait + Send> UsageRepository for Session<C> {
    async fn find(&mut self, user_id: UserId) -> Result<Usage> {
        let query = file_usage::Entity::find_by_id(user_id.uuid());
        let usage = self.one::<file_usage::Model, _>(&query.into_query()).await?;
        Ok(usage.unwrap_or_default())
    }

    async fn charge(&mut self, user_id: UserId, bytes: u64, allowed: Option<u64>) -> Result<bool> {
        if allowed.is_some_and(|allowed| bytes > allowed) {
            return Ok(false);
        }
        Ok(self.execute(&queries::charge(user_id, bytes, allowed)).await? > 0)
    }

    async fn discharge(&mut self, user_id: UserId, bytes: u64) -> Result<()> {
        let rows = self.execute(&queries::discharge(user_id, bytes)).await?;
        found(rows, "file of that size")
    }

    async fn begin_upload(&mut self, upload: Upload, lasts: TimeDelta, at_most: u64) -> Result<bool> {
        self.execute(&queries::lock(upload.user_id)).await?;
        let begin = queries::begin_upload(self.backend(), upload, lasts, at_most);
        Ok(self.execute(&begin).await? > 0)
    }

    async fn end_upload(&mut self, id: UploadId) -> Result<()> {
        let delete = upload::Entity::delete_by_id(id.uuid());
        self.execute(&delete.into_query()).await.map(drop)
    }

    async fn forget_uploads(&mut self, limit: u64) -> Result<u64> {
        self.execute(&queries::forget_uploads(self.backend(), limit)).await
    }
}
