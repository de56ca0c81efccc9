//! Rooms: made, listed, changed, deleted.

use plaza_domain::{
    AuditAction, Member, MemberRole, Room, RoomDescription, RoomId, RoomKind, RoomName, SeenRoom, Seq,
    SystemEvent, Validator, Version, repository::RoomFilter,
};

use super::{seen::seen_by, transaction::RoomTransactions};
use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    events::RoomEventBody,
    policy::{RoomAction, authorize_participation, authorize_room, authorize_room_creation, shown_rooms},
};

/// What making a room takes.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether only its members know that it exists.
    pub is_private: bool,
}

/// What changing a room takes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct RoomUpdate {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether only its members know that it exists.
    pub is_private: Option<bool>,
}

/// Rooms.
pub struct RoomService {
    transactions: RoomTransactions,
}

impl RoomService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { transactions: RoomTransactions::new(ports) }
    }

    /// Makes a room; the actor becomes its owner.
    ///
    /// # Errors
    /// `Invalid`; `EmailNotVerified`; `Forbidden` for guests.
    pub async fn create(&self, actor: &Actor, input: NewRoom) -> Result<Room> {
        authorize_room_creation(actor)?;
        authorize_participation(actor)?;
        let mut check = Validator::default();
        let name = check.field(RoomName::parse(&input.name));
        let description = check.field(RoomDescription::parse(&input.description));
        let (name, description) = check.finish((name, description))?;

        let now = self.transactions.clock.now();
        let ownership_version = Version::ZERO.next();
        let version = ownership_version.next();
        let room = Room {
            id: RoomId::new(self.transactions.ids.next()),
            kind: RoomKind::Room,
            name,
            description,
            is_private: input.is_private,
            created_by: actor.id(),
            last_seq: Seq::ZERO,
            version,
            details_version: version,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let owner = Member {
            room_id: room.id,
            user_id: actor.id(),
            role: MemberRole::Owner,
            joined_at: now,
            left_at: None,
            version: ownership_version,
            joined_version: ownership_version,
            delivered_seq: Seq::ZERO,
            read_seq: Seq::ZERO,
        };
        let mut work = self.transactions.store.begin().await?;
        work.rooms().insert(&room).await?;
        work.members().save(&owner).await?;
        work.commit().await?;
        Ok(room)
    }

    /// Rooms that the actor may see, the newest first. Guests see those they are in.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: RoomFilter,
        page: PageRequest<RoomId>,
    ) -> Result<Page<SeenRoom, RoomId>> {
        let filter = shown_rooms(actor, filter);
        let mut read = self.transactions.store.read().await?;
        let rooms = read.rooms().list(actor.id(), filter, page.cursor, page.fetch()).await?;
        let page = page.cut(rooms, |room| room.id);
        Ok(Page { items: seen_by(&mut *read, actor.id(), page.items).await?, next: page.next })
    }

    /// A room that the actor may see.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, room_id: RoomId) -> Result<SeenRoom> {
        let mut read = self.transactions.store.read().await?;
        let found = read.rooms().find_with_member(room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::View, &room, membership.as_ref())?;
        seen_by(&mut *read, actor.id(), vec![room]).await?.pop().ok_or(Error::NotFound("room"))
    }

    /// Changes a room. A new name is told in the room by a system message.
    ///
    /// # Errors
    /// `Invalid`, `Forbidden`, `NotFound`.
    pub async fn update(&self, actor: &Actor, room_id: RoomId, update: RoomUpdate) -> Result<Room> {
        let mut change = self.transactions.begin(actor, room_id, RoomAction::Edit).await?;
        let before = change.room.clone();
        let mut check = Validator::default();
        if let Some(name) = update.name.and_then(|text| check.field(RoomName::parse(&text))) {
            change.room.name = name;
        }
        if let Some(description) =
            update.description.and_then(|text| check.field(RoomDescription::parse(&text)))
        {
            change.room.description = description;
        }
        if let Some(is_private) = update.is_private {
            change.room.is_private = is_private;
        }
        check.finish((Some(()),))?;
        if change.room == before {
            return Ok(before);
        }
        change.room.details_version = change.next_version().await?;
        change.room.updated_at = change.now;
        change.work.rooms().update_details(&change.room).await?;
        let announced = change.room.clone();
        change.announce(announced.details_version, RoomEventBody::RoomUpdated(Box::new(announced)));
        if change.room.name != before.name {
            let text = format!("{} renamed the room to “{}”", actor.user.username, change.room.name);
            change.post_system(SystemEvent::RoomRenamed, &text).await?;
        }
        if change.is_moderation() || change.room.is_private != before.is_private {
            let entry = change.entry(AuditAction::RoomChanged).about(room_id);
            let entry = entry.with("is_private", change.room.is_private);
            change.work.audit().append(&entry).await?;
        }
        let room = change.room.clone();
        change.commit().await?;
        Ok(room)
    }

    /// Deletes a room for everybody.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn delete(&self, actor: &Actor, room_id: RoomId) -> Result<()> {
        let mut change = self.transactions.begin(actor, room_id, RoomAction::Delete).await?;
        let version = change.next_version().await?;
        change.work.rooms().delete(room_id, change.now).await?;
        let mut room = change.room.clone();
        room.deleted_at = Some(change.now);
        change.announce(version, RoomEventBody::RoomDeleted(Box::new(room)));
        let entry = change.entry(AuditAction::RoomDeleted).about(room_id);
        change.work.audit().append(&entry).await?;
        change.commit().await
    }
}
