//! Accounts that are erased, and what hangs on them.

use async_trait::async_trait;
use plaza_domain::repository::{ErasureRepository, Result};
use plaza_domain::{DueErasure, FileId, RoomId, Timestamp, User, UserId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::entity::{file, room_member, user};
use super::queries::erasure;
use super::session::{Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> ErasureRepository for Session<C> {
    async fn due(
        &mut self,
        now: Timestamp,
        after: Option<DueErasure>,
        limit: u64,
    ) -> Result<Vec<DueErasure>> {
        let rows = self.rows(&erasure::due(now, after, limit)).await?;
        let due = rows.iter().map(|row| {
            Ok(DueErasure { erase_at: value(row, user::Column::EraseAt)?, user_id: user_id(row)? })
        });
        due.collect()
    }

    async fn lock_admins(&mut self, target: UserId) -> Result<Vec<UserId>> {
        let locked: Vec<User> = self.all::<user::Model, _>(&erasure::lock_admins(target)).await?;
        Ok(locked.into_iter().filter(User::is_lasting_admin).map(|user| user.id).collect())
    }

    async fn rooms(&mut self, user_id: UserId, after: Option<RoomId>, limit: u64) -> Result<Vec<RoomId>> {
        let rows = self.rows(&erasure::rooms(user_id, after, limit)).await?;
        rows.iter().map(|row| value(row, room_member::Column::RoomId).map(RoomId::new)).collect()
    }

    async fn heir(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<UserId>> {
        let row = self.row(&erasure::heir(room_id, user_id)).await?;
        row.map(|row| value(&row, room_member::Column::UserId).map(UserId::new)).transpose()
    }

    async fn files(&mut self, user_id: UserId, after: Option<FileId>, limit: u64) -> Result<Vec<FileId>> {
        let rows = self.rows(&erasure::files(user_id, after, limit)).await?;
        rows.iter().map(|row| value(row, file::Column::Id).map(FileId::new)).collect()
    }

    async fn forget(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        self.execute(&erasure::hide(user_id)).await?;
        let mut forgotten = 0;
        for trace in &erasure::TRACES {
            forgotten += self.execute(&erasure::forget(trace, user_id, limit)).await?;
        }
        Ok(forgotten)
    }
}

fn user_id(row: &QueryResult) -> Result<UserId> {
    value(row, user::Column::Id).map(UserId::new)
}
