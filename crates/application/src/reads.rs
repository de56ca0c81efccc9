//! How far members got: cursors that only move forward.

use std::sync::Arc;

use plaza_domain::{Clock, InvalidInput, MessageId, ReadMark, RoomId, Seq, Store, UserId, Version};

use crate::{
    Actor, Error, Ports, Result,
    direct::{is_closed, require_open},
    events::{Event, Signal, UserEvent},
    policy::{RoomAction, authorize_room},
    ports::EventBus,
    receipts::{MAX_NAMED_READERS, REMEMBERED_READS, is_told},
};

/// A place in a room, by number or by what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The place.
    Seq(Seq),
    /// The message in that place.
    Message(MessageId),
}

/// Cursors of members.
pub struct ReadService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
}

impl ReadService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock), bus: Arc::clone(&ports.bus) }
    }

    /// Notes that the actor has read a room up to a place, and tells the room; in large rooms, in direct rooms that are
    /// closed, and for those who show no receipts, only the actor's own clients. Going back changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`; `Invalid` when there is no such place yet.
    pub async fn mark(&self, actor: &Actor, room_id: RoomId, position: Position) -> Result<()> {
        let mut read = self.store.read().await?;
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        let membership = read.members().find(room_id, actor.id()).await?;
        authorize_room(actor, RoomAction::Write, &room, membership.as_ref())?;
        let seq = match position {
            Position::Seq(seq) => seq,
            Position::Message(id) => {
                let view = read.messages().find(id).await?.filter(|view| view.message.room_id == room_id);
                view.ok_or(Error::NotFound("message"))?.message.seq
            }
        };
        if seq > room.last_seq {
            return Err(InvalidInput::single("seq", "must be the place of a message").into());
        }
        // Clients say the same again and again: SQLite's one writer is not for that.
        let Some(after_seq) = membership.map(|member| member.read_seq).filter(|read_seq| *read_seq < seq)
        else {
            return Ok(());
        };
        let scope = read.receipts().scope(room_id, actor.id(), MAX_NAMED_READERS + 1).await?;
        let (user_id, read_at) = (actor.id(), self.clock.now());
        let mut work = self.store.begin().await?;
        if !work.members().advance_read(room_id, user_id, seq).await? {
            return Ok(());
        }
        if is_told(scope) {
            work.receipts().insert_mark(&ReadMark { room_id, user_id, after_seq, seq, read_at }).await?;
            work.receipts().delete_marks(room_id, user_id, seq.back(REMEMBERED_READS)).await?;
        }
        work.commit().await?;
        let is_told = is_told(scope) && !is_closed(&mut *read, &room).await?;
        self.bus.publish(if is_told {
            Event::Signal(Signal::Read { room_id, user_id, seq, read_at })
        } else {
            Event::User(UserEvent::RoomRead { user_id, room_id, seq, read_at })
        });
        Ok(())
    }

    /// Notes that one of the actor's clients holds everything of these rooms up to a version, each room once; the rooms
    /// that the actor is not in are left out.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn delivered(&self, actor: &Actor, seen: &[(RoomId, Version)]) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut behind = self.store.read().await?.members().undelivered(actor.id(), seen).await?;
        if behind.is_empty() {
            return Ok(());
        }
        // Two clients of one user move the same rows: in one order, so that neither waits for the other forever.
        behind.sort_unstable();
        let mut work = self.store.begin().await?;
        for (room_id, seq) in behind {
            work.members().advance_delivered(room_id, actor.id(), seq).await?;
        }
        work.commit().await?;
        Ok(())
    }

    /// Tells the room that the actor is writing, or has stopped; kept nowhere.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn typing(&self, actor: &Actor, room_id: RoomId, active: bool) -> Result<()> {
        let mut read = self.store.read().await?;
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        let membership = read.members().find(room_id, actor.id()).await?;
        authorize_room(actor, RoomAction::Write, &room, membership.as_ref())?;
        require_open(&mut *read, &room).await?;
        self.bus.publish(Event::Signal(Signal::Typing { room_id, user_id: actor.id(), active }));
        Ok(())
    }

    /// Tells the room that a user who was writing is not there any more.
    pub fn stopped_typing(&self, user_id: UserId, room_id: RoomId) {
        self.bus.publish(Event::Signal(Signal::Typing { room_id, user_id, active: false }));
    }
}
