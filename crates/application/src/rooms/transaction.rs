//! One change of one room: locked, authorised, written, and told after the commit.

use std::sync::Arc;

use plaza_domain::{
    AuditAction, Clock, IdGenerator, Member, MemberProfile, MemberRole, MessageDraft, MessageId,
    NewAuditEntry, Room, RoomId, SentMessage, Store, SystemEvent, Timestamp, UnitOfWork, UserId, UserSummary,
    Version, message::Placement,
};

use crate::{
    Actor, Error, Ports, Result, audit,
    events::{Event, RoomEvent, RoomEventBody, UserEvent},
    policy::{RoomAction, authorize_room},
    ports::{EventBus, Markup},
};

/// What changing a room needs.
#[derive(Clone)]
pub(crate) struct RoomTransactions {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    bus: Arc<dyn EventBus>,
    markup: Arc<dyn Markup>,
}

impl RoomTransactions {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
            markup: Arc::clone(&ports.markup),
        }
    }

    /// Locks the room for this transaction, so that what is read from here on stays true until it ends, and checks
    /// that the actor may.
    pub(crate) async fn begin(
        &self,
        actor: &Actor,
        room_id: RoomId,
        action: RoomAction,
    ) -> Result<RoomTransaction<'_>> {
        let mut work = self.store.begin().await?;
        work.rooms().advance(room_id, 0, 0).await?;
        let room = work.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        let membership = work.members().find(room_id, actor.id()).await?;
        authorize_room(actor, action, &room, membership.as_ref())?;
        let now = self.clock.now();
        Ok(RoomTransaction {
            scope: self,
            work,
            actor: actor.clone(),
            room,
            membership,
            now,
            events: Vec::new(),
        })
    }
}

/// A change of a room that is under way.
pub(crate) struct RoomTransaction<'a> {
    scope: &'a RoomTransactions,
    pub(crate) work: Box<dyn UnitOfWork>,
    pub(crate) actor: Actor,
    pub(crate) room: Room,
    pub(crate) membership: Option<Member>,
    pub(crate) now: Timestamp,
    events: Vec<Event>,
}

impl RoomTransaction<'_> {
    /// The version for the next change; the room's counters are kept up to date.
    pub(crate) async fn next_version(&mut self) -> Result<Version> {
        self.advance(0).await
    }

    /// Tells of a change after the commit.
    pub(crate) fn announce(&mut self, version: Version, body: RoomEventBody) {
        self.events.push(Event::Room(RoomEvent { room_id: self.room.id, version, body }));
    }

    /// Tells a user of something after the commit.
    pub(crate) fn tell(&mut self, event: UserEvent) {
        self.events.push(Event::User(event));
    }

    /// Stores a membership that changed, and tells of it.
    pub(crate) async fn save_member(
        &mut self,
        mut member: Member,
        user: UserSummary,
        body: fn(Box<MemberProfile>) -> RoomEventBody,
    ) -> Result<MemberProfile> {
        member.version = self.next_version().await?;
        let preferences = self.work.users().preferences(user.id).await?.unwrap_or_default();
        let profile = MemberProfile { member, user, shows_receipts: preferences.shows_receipts };
        self.work.members().save(&profile.member).await?;
        self.announce(profile.member.version, body(Box::new(profile.clone())));
        Ok(profile)
    }

    /// Posts a system message in the actor's name.
    pub(crate) async fn post_system(&mut self, event: SystemEvent, text: &str) -> Result<()> {
        let version = self.advance(1).await?;
        let draft = MessageDraft::system(event, text).rendered(self.scope.markup.render(text));
        let message = draft.place(Placement {
            id: MessageId::new(self.scope.ids.next()),
            room_id: self.room.id,
            seq: self.room.last_seq,
            version,
            sender_id: self.actor.id(),
            created_at: self.now,
        });
        self.work.messages().insert(std::slice::from_ref(&message)).await?;
        let view = SentMessage::new(message, self.actor.user.clone());
        self.events.push(Event::Room(RoomEvent::posted(view)));
        Ok(())
    }

    /// The membership and the user of somebody who is in the room now.
    pub(crate) async fn present_member(&mut self, user_id: UserId) -> Result<MemberProfile> {
        let profile = self.work.members().find_profile(self.room.id, user_id).await?;
        profile.filter(|profile| profile.member.is_present()).ok_or(Error::NotFound("member"))
    }

    /// Whether the actor may do this as one of the server's admins only, and not by their role in the room.
    pub(crate) fn is_moderation(&self) -> bool {
        let present = self.membership.as_ref().filter(|member| member.is_present());
        present.is_none_or(|member| member.role < MemberRole::Admin)
    }

    /// What the audit log tells of the change; it is appended last.
    pub(crate) fn entry(&self, action: AuditAction) -> NewAuditEntry {
        let entry = audit::by(&self.actor, action).with("room_id", self.room.id.to_string());
        entry.with("is_moderation", self.is_moderation())
    }

    /// Commits, then publishes.
    pub(crate) async fn commit(self) -> Result<()> {
        self.work.commit().await?;
        for event in self.events {
            self.scope.bus.publish(event);
        }
        Ok(())
    }

    async fn advance(&mut self, messages: i64) -> Result<Version> {
        let counters = self.work.rooms().advance(self.room.id, messages, 1).await?;
        self.room.last_seq = counters.last_seq;
        self.room.version = counters.version;
        Ok(counters.version)
    }
}
