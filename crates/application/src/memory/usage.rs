//! What users' files take up, and which uploads are under way.

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::{
    RepositoryError, Upload, UploadId, Usage, UserId,
    repository::{Result, UsageRepository},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> UsageRepository for Connection<A> {
    async fn find(&mut self, user_id: UserId) -> Result<Usage> {
        Ok(self.tables().usage.get(&user_id).copied().unwrap_or_default())
    }

    async fn charge(&mut self, user_id: UserId, bytes: u64, allowed: Option<u64>) -> Result<bool> {
        let tables = self.tables_mut()?;
        tables.users.require(&user_id)?;
        let used = tables.usage.get(&user_id).copied().unwrap_or_default();
        let charged = Usage { bytes: used.bytes.saturating_add(bytes), files: used.files + 1 };
        if allowed.is_some_and(|allowed| charged.bytes > allowed) {
            return Ok(false);
        }
        tables.usage.insert(user_id, charged);
        Ok(true)
    }

    async fn discharge(&mut self, user_id: UserId, bytes: u64) -> Result<()> {
        let missing = || RepositoryError::NotFound { entity: "file of that size" };
        let used = self.tables_mut()?.usage.change(&user_id, "file of that size")?;
        *used = Usage {
            bytes: used.bytes.checked_sub(bytes).ok_or_else(missing)?,
            files: used.files.checked_sub(1).ok_or_else(missing)?,
        };
        Ok(())
    }

    async fn begin_upload(&mut self, upload: Upload, lasts: TimeDelta, at_most: u64) -> Result<bool> {
        let now = self.clock.now();
        let tables = self.tables_mut()?;
        tables.users.require(&upload.user_id)?;
        let is_under_way = |(user_id, until): &&(UserId, _)| *user_id == upload.user_id && *until > now;
        if tables.uploads.values().filter(is_under_way).count() >= rows(at_most) {
            return Ok(false);
        }
        tables.uploads.insert(upload.id, (upload.user_id, now + lasts));
        Ok(true)
    }

    async fn end_upload(&mut self, id: UploadId) -> Result<()> {
        self.tables_mut()?.uploads.remove(&id);
        Ok(())
    }

    async fn forget_uploads(&mut self, limit: u64) -> Result<u64> {
        let now = self.clock.now();
        let uploads = &mut self.tables_mut()?.uploads;
        let over = uploads.iter().filter(|(_, (_, until))| *until <= now);
        let over: Vec<UploadId> = over.map(|(id, _)| *id).take(rows(limit)).collect();
        for id in &over {
            uploads.remove(id);
        }
        Ok(over.len() as u64)
    }
}
