//! Blocks: hearing nothing from somebody, without their knowing.

use std::sync::Arc;

use plaza_domain::{Block, BlockedUser, Clock, InvalidInput, Store, UserId};

use crate::{Actor, Error, Page, PageRequest, Ports, Result};

/// Blocks. Each user's are known to them alone.
pub struct BlockService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl BlockService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock) }
    }

    /// Stops messages between the actor and somebody else, both ways; once is enough. What they wrote before stays.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is no such user.
    pub async fn block(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        self.check(actor, user_id).await?;
        let block = Block { blocker_id: actor.id(), blocked_id: user_id, created_at: self.clock.now() };
        let mut work = self.store.begin().await?;
        work.blocks().insert(&block).await?;
        Ok(work.commit().await?)
    }

    /// Takes the actor's block back, if there is one.
    ///
    /// # Errors
    /// As [`BlockService::block`].
    pub async fn unblock(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        self.check(actor, user_id).await?;
        let mut work = self.store.begin().await?;
        work.blocks().delete(actor.id(), user_id).await?;
        Ok(work.commit().await?)
    }

    /// Whom the actor has blocked.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, actor: &Actor, page: PageRequest<UserId>) -> Result<Page<BlockedUser, UserId>> {
        let mut read = self.store.read().await?;
        let blocked = read.blocks().list(actor.id(), page.cursor, page.fetch()).await?;
        Ok(page.cut(blocked, |blocked| blocked.user.id))
    }

    async fn check(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        if user_id == actor.id() {
            return Err(InvalidInput::single("user_id", "must be somebody else").into());
        }
        self.store.read().await?.users().find(user_id).await?.map(drop).ok_or(Error::NotFound("user"))
    }
}
