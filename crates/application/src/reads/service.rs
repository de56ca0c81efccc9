//! Cursors of members, which only move forward.

use std::sync::Arc;

use plaza_domain::{Clock, InvalidInput, MessageId, RoomId, Seq, Store, UserId, Version};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::cursors::{Cursors, Move};
use crate::{
    Actor, Error, Ports, Result,
    direct::{is_closed, require_open},
    events::{Event, Signal, UserEvent},
    policy::{RoomAction, authorize_room},
    ports::EventBus,
    receipts::{MAX_NAMED_READERS, is_told},
    settings::MessageSettings,
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
    cursors: Cursors,
}

impl ReadService {
    pub(crate) fn start(
        ports: &Ports,
        settings: &MessageSettings,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            bus: Arc::clone(&ports.bus),
            cursors: Cursors::start(&ports.store, settings.lanes, tracker, shutdown),
        }
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
        let by = Move::Read { after_seq, seq, noted_at: is_told(scope).then_some(read_at) };
        if !self.cursors.advance(user_id, vec![(room_id, by)]).await? {
            return Ok(());
        }
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
        let behind = self.store.read().await?.members().undelivered(actor.id(), seen).await?;
        if behind.is_empty() {
            return Ok(());
        }
        let moves = behind.into_iter().map(|(room_id, seq)| (room_id, Move::Delivered(seq))).collect();
        self.cursors.advance(actor.id(), moves).await.map(drop)
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
