//! Who has blocked whom.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plaza_domain::{
    Block, BlockedUser, UserId, UserPair,
    repository::{BlockRepository, Constraint, RepositoryError, Result},
};
use uuid::Uuid;

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
};

#[async_trait]
impl<A: Access> BlockRepository for Connection<A> {
    async fn insert(&mut self, block: &Block) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&block.blocker_id)?;
        tables.users.require(&block.blocked_id)?;
        if block.blocker_id == block.blocked_id {
            return Err(RepositoryError::Conflict { constraint: Constraint::Other });
        }
        tables.blocks.entry((block.blocker_id, block.blocked_id)).or_insert(block.created_at);
        Ok(())
    }

    async fn delete(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<()> {
        self.tables_mut()?.blocks.remove(&(blocker_id, blocked_id));
        Ok(())
    }

    async fn list(
        &mut self,
        blocker_id: UserId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<BlockedUser>> {
        let tables = self.tables();
        let first = (blocker_id, UserId::new(Uuid::nil()));
        let of_blocker = tables.blocks.range(first..).take_while(|((blocker, _), _)| *blocker == blocker_id);
        of_blocker
            .filter(|((_, blocked_id), _)| after.is_none_or(|after| *blocked_id > after))
            .take(rows(limit))
            .map(|((_, blocked_id), at)| {
                Ok(BlockedUser { user: tables.summary(*blocked_id)?, created_at: *at })
            })
            .collect()
    }

    async fn exists(&mut self, blocker_id: UserId, blocked_id: UserId) -> Result<bool> {
        Ok(self.tables().blocks.contains_key(&(blocker_id, blocked_id)))
    }

    async fn exists_between(&mut self, users: UserPair) -> Result<bool> {
        Ok(self.tables().has_block(users))
    }

    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>> {
        let (tables, users) = (self.tables(), each_once(user_ids));
        let around = tables.blocks.keys().filter(|(by, of)| users.contains(by) || users.contains(of));
        let pairs: BTreeSet<UserPair> = around.filter_map(|(by, of)| UserPair::new(*by, *of)).collect();
        Ok(pairs.into_iter().take(rows(limit)).collect())
    }

    async fn among(&mut self, pairs: &[UserPair]) -> Result<Vec<UserPair>> {
        let tables = self.tables();
        Ok(each_once(pairs).into_iter().filter(|pair| tables.has_block(*pair)).collect())
    }
}
