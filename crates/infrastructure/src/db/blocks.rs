//! Who has blocked whom.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plaza_domain::repository::{BlockRepository, Result};
use plaza_domain::{Block, BlockedUser, UserId, UserPair};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult, QueryTrait};

use super::entity::block::{ActiveModel, Column, Entity};
use super::entity::user;
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, value};

/// Each pair is asked for in both directions.
const MAX_PAIRS: usize = MAX_KEYS / 2;

#[async_trait]
impl<C: ConnectionTrait + Send> BlockRepository for Session<C> {
    async fn insert(&mut self, block: &Block) -> Result<()> {
        let mut insert = Entity::insert(ActiveModel::from(block)).into_query();
        let there = OnConflict::columns([Column::BlockerId, Column::BlockedId]).do_nothing().to_owned();
        self.execute(insert.on_conflict(there)).await.map(drop)
    }

    async fn delete(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
        let delete = Entity::delete_by_id((blocker_id.uuid(), blocked_id.uuid()));
        self.execute(&delete.into_query()).await.map(drop)
    }

    async fn list(
        &mut self,
        blocker_id: UserId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<BlockedUser>> {
        let rows = self.rows(&queries::blocks::list(blocker_id, after, limit)).await?;
        rows.iter().map(blocked_user).collect()
    }

    async fn exists(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<bool> {
        let block = Entity::find_by_id((blocker_id.uuid(), blocked_id.uuid()));
        Ok(self.row(&block.into_query()).await?.is_some())
    }

    async fn exists_between(&mut self, users: UserPair) -> Result<bool> {
        Ok(self.row(&queries::blocks::among(&[users])).await?.is_some())
    }

    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>> {
        if user_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = BTreeSet::new();
        for row in self.rows(&queries::blocks::around(user_ids, limit)).await? {
            found.extend(pair(&row)?);
        }
        Ok(found.into_iter().collect())
    }

    async fn among(&mut self, pairs: &[UserPair]) -> Result<Vec<UserPair>> {
        let mut found = BTreeSet::new();
        for pairs in pairs.chunks(MAX_PAIRS) {
            for row in self.rows(&queries::blocks::among(pairs)).await? {
                found.extend(pair(&row)?);
            }
        }
        Ok(found.into_iter().collect())
    }
}

fn pair(row: &QueryResult) -> Result<Option<UserPair>> {
    let user_id = |column: Column| value(row, column).map(UserId::new);
    Ok(UserPair::new(user_id(Column::BlockerId)?, user_id(Column::BlockedId)?))
}

fn blocked_user(row: &QueryResult) -> Result<BlockedUser> {
    Ok(BlockedUser { user: user::summary(row).map_err(from_db)?, created_at: value(row, Column::CreatedAt)? })
}
