//! Direct rooms: opened, found, and looked after for those who do not follow them.

use std::sync::Arc;

use plaza_domain::{
    Clock, IdGenerator, InvalidInput, Member, MemberRole, RepositoryError, Room, RoomDescription, RoomId,
    RoomKind, RoomName, SeenRoom, Seq, Store, UserId, UserPair, UserSummary, Version, repository::Constraint,
};

use crate::{
    Actor, Error, Ports, Result,
    acquaintances::find_for,
    events::{Event, UserEvent},
    policy::{UserAction, authorize_participation},
    ports::EventBus,
    rooms::seen_by,
};

/// What a direct room is stored under: people see the name of who they talk to.
const NAME: &str = "Direct messages";
/// The most direct rooms with undelivered messages that are looked for at once: as many as a connection may follow.
const MAX_UNDELIVERED: u64 = 1_000;

/// A direct room that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedRoom {
    /// The room as the actor sees it.
    pub room: SeenRoom,
    /// Whether it was made now.
    pub is_new: bool,
}

/// Direct rooms.
pub struct DirectService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    bus: Arc<dyn EventBus>,
}

impl DirectService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
        }
    }

    /// The direct room of the actor and somebody else; made when there is none.
    ///
    /// # Errors
    /// `Invalid` for oneself; `NotFound` when there is no such user, or the actor may not know that there is; `Forbidden` for a
    /// guest who shares no room with them and is not their friend; `EmailNotVerified` when it would be made.
    pub async fn open(&self, actor: &Actor, user_id: UserId) -> Result<OpenedRoom> {
        if let Some(room) = self.find(actor, user_id).await? {
            return Ok(OpenedRoom { room, is_new: false });
        }
        let users = pair(actor, user_id)?;
        let mut read = self.store.read().await?;
        let peer = find_for(&mut *read, actor, UserAction::Write, user_id).await?.summary();
        authorize_participation(actor)?;
        match self.make(actor, users).await {
            Ok(room) => {
                self.tell(actor, &room, users, &peer).await?;
                Ok(OpenedRoom { room: SeenRoom { room, peer: Some(peer) }, is_new: true })
            }
            // Somebody was faster: perhaps the other one of the two.
            Err(RepositoryError::Conflict { constraint: Constraint::DirectRoomUsers }) => {
                let room = self.find(actor, user_id).await?.ok_or(Error::NotFound("room"))?;
                Ok(OpenedRoom { room, is_new: false })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The direct room of the actor and somebody else, if there is one.
    ///
    /// # Errors
    /// `Invalid` for oneself.
    pub async fn find(&self, actor: &Actor, user_id: UserId) -> Result<Option<SeenRoom>> {
        let users = pair(actor, user_id)?;
        let mut read = self.store.read().await?;
        let Some(room_id) = read.direct_rooms().find(users).await? else { return Ok(None) };
        let Some(room) = read.rooms().find(room_id).await? else { return Ok(None) };
        Ok(seen_by(&mut *read, actor.id(), vec![room]).await?.pop())
    }

    /// As [`DirectService::open`], when only its id is needed: mostly it is there.
    ///
    /// # Errors
    /// As [`DirectService::open`].
    pub async fn room_with(&self, actor: &Actor, user_id: UserId) -> Result<RoomId> {
        let users = pair(actor, user_id)?;
        let known = self.store.read().await?.direct_rooms().find(users).await?;
        match known {
            Some(room_id) => Ok(room_id),
            None => Ok(self.open(actor, user_id).await?.room.room.id),
        }
    }

    /// The direct rooms of these users that have messages which no client of the user's holds yet; of each user at
    /// most as many as a connection may follow. For the hub, which tells the users themselves.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn undelivered(&self, user_ids: &[UserId]) -> Result<Vec<(UserId, RoomId)>> {
        let mut read = self.store.read().await?;
        let together = read.direct_rooms().undelivered(user_ids, MAX_UNDELIVERED).await?;
        if (together.len() as u64) < MAX_UNDELIVERED {
            return Ok(together);
        }
        // One user with very many of them shall not hide those of the others.
        let mut found = Vec::new();
        for user_id in user_ids {
            found.extend(read.direct_rooms().undelivered(&[*user_id], MAX_UNDELIVERED).await?);
        }
        Ok(found)
    }

    async fn make(&self, actor: &Actor, users: UserPair) -> std::result::Result<Room, RepositoryError> {
        let now = self.clock.now();
        let versions = [Version::ZERO.next(), Version::ZERO.next().next()];
        let room = Room {
            id: RoomId::new(self.ids.next()),
            kind: RoomKind::Direct,
            name: RoomName::from_stored(NAME.to_owned()),
            description: RoomDescription::from_stored(String::new()),
            is_private: true,
            created_by: actor.id(),
            last_seq: Seq::ZERO,
            version: versions[1],
            // Never changed: each of the two sees other details, so that no change of them could be told to both.
            details_version: Version::ZERO,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let member = |user_id, version| Member {
            room_id: room.id,
            user_id,
            role: MemberRole::Member,
            joined_at: now,
            left_at: None,
            version,
            joined_version: version,
            delivered_seq: Seq::ZERO,
            read_seq: Seq::ZERO,
        };
        let mut work = self.store.begin().await?;
        work.rooms().insert(&room).await?;
        work.direct_rooms().insert(users, room.id).await?;
        for (user_id, version) in users.users().into_iter().zip(versions) {
            work.members().save(&member(user_id, version)).await?;
        }
        work.commit().await?;
        Ok(room)
    }

    /// Tells both of a new room; but nobody is told of a room with somebody whom they have blocked.
    async fn tell(&self, actor: &Actor, room: &Room, users: UserPair, peer: &UserSummary) -> Result<()> {
        let added = |user_id, peer: &UserSummary| {
            let room = Box::new(SeenRoom { room: room.clone(), peer: Some(peer.clone()) });
            self.bus.publish(Event::User(UserEvent::RoomAdded { user_id, room }));
        };
        added(actor.id(), peer);
        if !self.store.read().await?.blocks().exists_between(users).await? {
            added(peer.id, &actor.user);
        }
        Ok(())
    }
}

fn pair(actor: &Actor, user_id: UserId) -> Result<UserPair> {
    let users = UserPair::new(actor.id(), user_id);
    users.ok_or_else(|| InvalidInput::single("user_id", "must be somebody else").into())
}
