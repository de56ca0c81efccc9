//! Blocks: hearing nothing from somebody, without their knowing.

use std::sync::Arc;

use plaza_domain::{Block, BlockedUser, Clock, InvalidInput, Store, UserId, UserPair, UserSummary};

use crate::{
    Actor, Page, PageRequest, Ports, Result, acquaintances::find_for, friends::tell, policy::UserAction,
    ports::EventBus,
};

/// Blocks. Each user's are known to them alone.
pub struct BlockService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
}

impl BlockService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock), bus: Arc::clone(&ports.bus) }
    }

    /// Stops messages between the actor and somebody else, both ways; once is enough. What they wrote before stays. They
    /// are friends no more, and requests to be end: to the other one it looks as if theirs was never answered.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is no such user, or the actor may not know that there is.
    pub async fn block(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        let (users, peer) = self.check(actor, user_id).await?;
        let now = self.clock.now();
        let block = Block { blocker_id: actor.id(), blocked_id: user_id, created_at: now };
        let mut work = self.store.begin().await?;
        // First: a request that is made at the same moment sees the block, or is seen here.
        let mut friendship = work.friendships().claim(users).await?;
        work.blocks().insert(&block).await?;
        let step = friendship.end(actor.id(), now);
        if step.is_some() {
            work.friendships().update(&friendship).await?;
        }
        work.commit().await?;
        if let Some(step) = step {
            tell(&*self.bus, actor, &peer, step, now);
        }
        Ok(())
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

    async fn check(&self, actor: &Actor, user_id: UserId) -> Result<(UserPair, UserSummary)> {
        let users = UserPair::new(actor.id(), user_id);
        let users = users.ok_or_else(|| InvalidInput::single("user_id", "must be somebody else"))?;
        let user = find_for(&mut *self.store.read().await?, actor, UserAction::See, user_id).await?;
        Ok((users, user.summary()))
    }
}
