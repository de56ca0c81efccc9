//! Friends: asked, accepted, declined, listed.

use std::sync::Arc;

use plaza_domain::{
    Clock, Friend, FriendChange, FriendRequest, FriendStep, Friendship, InvalidInput, Relation,
    RequestDirection, RequestPosition, Store, Timestamp, UnitOfWork, UserId, UserPair, UserSummary,
};

use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    acquaintances::find_for,
    events::{Event, UserEvent},
    policy::{FriendAction, UserAction, authorize_friendship, authorize_participation},
    ports::EventBus,
};

/// The most friends that a user has. It keeps lists and what is told of presence affordable: those who accept at the
/// very same moment may exceed it by as many as they are.
pub const MAX_FRIENDS: u64 = 5_000;
/// The most requests of a user that are open at a time; exceeded as [`MAX_FRIENDS`].
pub const MAX_OPEN_REQUESTS: u64 = 200;

/// What the actor and somebody else are to each other, as the actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFriendship {
    /// The other one.
    pub user: UserSummary,
    /// What they are.
    pub relation: Relation,
}

/// Friends. Nobody but the two knows of a friendship.
pub struct FriendService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
}

impl FriendService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock), bus: Arc::clone(&ports.bus) }
    }

    /// What the actor and somebody else are to each other.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is no such user.
    pub async fn get(&self, actor: &Actor, user_id: UserId) -> Result<SeenFriendship> {
        let (users, user) = self.pair(actor, UserAction::See, user_id).await?;
        let friendship = self.store.read().await?.friendships().find(users).await?;
        let friendship = friendship.unwrap_or_else(|| Friendship::new(users));
        Ok(SeenFriendship { user, relation: friendship.seen_by(actor.id()) })
    }

    /// The actor's friends by rising id.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, actor: &Actor, page: PageRequest<UserId>) -> Result<Page<Friend, UserId>> {
        let mut read = self.store.read().await?;
        let friends = read.friendships().list(actor.id(), page.cursor, page.fetch()).await?;
        Ok(page.cut(friends, |friend| friend.user.id))
    }

    /// The open requests to the actor, or the actor's own, the newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn requests(
        &self,
        actor: &Actor,
        direction: RequestDirection,
        page: PageRequest<RequestPosition>,
    ) -> Result<Page<FriendRequest, RequestPosition>> {
        let mut read = self.store.read().await?;
        let requests = read.friendships().requests(actor.id(), direction, page.cursor, page.fetch()).await?;
        Ok(page.cut(requests, |request| RequestPosition { at: request.at, user_id: request.user.id }))
    }

    /// Asks somebody to be friends, or accepts when they have asked; also whether a request was made now. Whether they
    /// see it is not told: they may have declined an earlier one, or have blocked the actor.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is no such user; `EmailNotVerified`; `Forbidden` for a guest who
    /// shares no room with them; `Conflict` when the actor has blocked them, took a request to them back a short while ago, has
    /// [`MAX_OPEN_REQUESTS`], or one of the two has [`MAX_FRIENDS`].
    pub async fn request(&self, actor: &Actor, user_id: UserId) -> Result<(SeenFriendship, bool)> {
        let (users, user) = self.pair(actor, UserAction::Befriend, user_id).await?;
        authorize_participation(actor)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // First: a block that is made at the same moment sees the request, or is seen here.
        let mut friendship = work.friendships().claim(users).await?;
        if work.blocks().exists(actor.id(), user_id).await? {
            return Err(Error::Conflict("you have blocked this user: take the block back first".to_owned()));
        }
        let is_unwanted = work.blocks().exists(user_id, actor.id()).await?;
        let was_open = matches!(friendship.seen_by(actor.id()), Relation::Outgoing { .. });
        let step = friendship.request(actor.id(), now, is_unwanted).map_err(|too_soon| {
            let again_at = too_soon.again_at.format("%Y-%m-%dT%H:%M:%SZ");
            Error::Conflict(format!("you took a request to this user back: ask again after {again_at}"))
        })?;
        let seen = SeenFriendship { user, relation: friendship.seen_by(actor.id()) };
        let Some(step) = step else { return Ok((seen, false)) };
        match step.change {
            FriendChange::Accepted => check_room_for_friend(&mut *work, users, actor).await?,
            _ if !was_open => check_room_for_request(&mut *work, actor).await?,
            _ => {}
        }
        work.friendships().update(&friendship).await?;
        work.commit().await?;
        tell(&*self.bus, actor, &seen.user, step, now);
        Ok((seen, step.change == FriendChange::Requested && !was_open))
    }

    /// Accepts somebody's request.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when the actor sees no request of theirs; `Conflict` when one of the two has
    /// [`MAX_FRIENDS`].
    pub async fn accept(&self, actor: &Actor, user_id: UserId) -> Result<SeenFriendship> {
        let accept = |friendship: &mut Friendship, now| friendship.accept(actor.id(), now);
        self.change(actor, user_id, FriendAction::Accept, accept).await
    }

    /// Declines somebody's request, who does not learn of it.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when the actor sees no request of theirs.
    pub async fn decline(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        let decline = |friendship: &mut Friendship, now| friendship.decline(actor.id(), now);
        self.change(actor, user_id, FriendAction::Decline, decline).await.map(drop)
    }

    /// Takes the actor's request to somebody back.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is none.
    pub async fn cancel(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        let cancel = |friendship: &mut Friendship, now| friendship.cancel(actor.id(), now);
        self.change(actor, user_id, FriendAction::Cancel, cancel).await.map(drop)
    }

    /// Ends a friendship.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is none.
    pub async fn remove(&self, actor: &Actor, user_id: UserId) -> Result<()> {
        let remove = |friendship: &mut Friendship, _| friendship.remove();
        self.change(actor, user_id, FriendAction::Remove, remove).await.map(drop)
    }

    async fn change(
        &self,
        actor: &Actor,
        user_id: UserId,
        action: FriendAction,
        step: impl FnOnce(&mut Friendship, Timestamp) -> Option<FriendStep> + Send,
    ) -> Result<SeenFriendship> {
        let (users, user) = self.pair(actor, UserAction::See, user_id).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let known = work.friendships().lock(users).await?;
        let mut friendship = known.unwrap_or_else(|| Friendship::new(users));
        authorize_friendship(actor, action, &friendship)?;
        let step = step(&mut friendship, now).ok_or(Error::NotFound("friend"))?;
        if step.change == FriendChange::Accepted {
            check_room_for_friend(&mut *work, users, actor).await?;
        }
        work.friendships().update(&friendship).await?;
        work.commit().await?;
        tell(&*self.bus, actor, &user, step, now);
        Ok(SeenFriendship { user, relation: friendship.seen_by(actor.id()) })
    }

    /// The actor and somebody else with whom they may do that.
    async fn pair(
        &self,
        actor: &Actor,
        action: UserAction,
        user_id: UserId,
    ) -> Result<(UserPair, UserSummary)> {
        let users = UserPair::new(actor.id(), user_id);
        let users = users.ok_or_else(|| InvalidInput::single("user_id", "must be somebody else"))?;
        let user = find_for(&mut *self.store.read().await?, actor, action, user_id).await?;
        if user.is_erased() {
            return Err(Error::NotFound("user"));
        }
        Ok((users, user.summary()))
    }
}

async fn check_room_for_friend(work: &mut dyn UnitOfWork, users: UserPair, actor: &Actor) -> Result<()> {
    for user_id in users.users() {
        if work.friendships().count(user_id, MAX_FRIENDS).await? >= MAX_FRIENDS {
            let who = if user_id == actor.id() { "you have" } else { "this user has" };
            return Err(Error::Conflict(format!("{who} {MAX_FRIENDS} friends, and there can be no more")));
        }
    }
    Ok(())
}

async fn check_room_for_request(work: &mut dyn UnitOfWork, actor: &Actor) -> Result<()> {
    if work.friendships().count_outgoing(actor.id(), MAX_OPEN_REQUESTS).await? >= MAX_OPEN_REQUESTS {
        let rule = format!("at most {MAX_OPEN_REQUESTS} requests can be open: take some back first");
        return Err(Error::Conflict(rule));
    }
    Ok(())
}

/// Tells the clients of both what the actor did, or the actor's alone when the other one is not to know.
pub(crate) fn tell(bus: &dyn EventBus, actor: &Actor, other: &UserSummary, step: FriendStep, at: Timestamp) {
    let told = |user_id, peer: &UserSummary, is_own| {
        let peer = Box::new(peer.clone());
        bus.publish(Event::User(UserEvent::FriendChanged { user_id, peer, change: step.change, is_own, at }));
    };
    told(actor.id(), other, true);
    if step.is_told {
        told(other.id, &actor.user, false);
    }
}
