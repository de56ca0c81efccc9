//! One change of one message: its room locked, the actor checked, written as a change of the room, and told after the
//! commit.

use std::sync::Arc;

use plaza_domain::{Clock, Message, MessageId, Room, SentMessage, Store, Timestamp, UnitOfWork, Version};

use crate::{
    Actor, Error, Ports, Result,
    direct::require_open,
    events::{Event, RoomEvent, RoomEventBody},
    policy::{MessageAction, authorize_message},
    ports::EventBus,
};

/// What changing a message needs.
#[derive(Clone)]
pub(crate) struct MessageTransactions {
    pub(crate) store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn EventBus>,
}

impl MessageTransactions {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock), bus: Arc::clone(&ports.bus) }
    }

    /// Locks the message's room, so that changes of one message come one after the other, and checks that the actor
    /// may.
    pub(crate) async fn begin(
        &self,
        actor: &Actor,
        id: MessageId,
        action: MessageAction,
    ) -> Result<MessageTransaction<'_>> {
        let mut work = self.store.begin().await?;
        let room_id = work.messages().rooms_of(&[id]).await?.first().map(|(_, room_id)| *room_id);
        let room_id = room_id.ok_or(Error::NotFound("message"))?;
        work.rooms().advance(room_id, 0, 0).await.map_err(|error| hide_room(error.into()))?;
        let room = work.rooms().find(room_id).await?.ok_or(Error::NotFound("message"))?;
        let sent = work.messages().find(id).await?.ok_or(Error::NotFound("message"))?;
        let membership = work.members().find(room_id, actor.id()).await?;
        authorize_message(actor, action, &sent.message, &room, membership.as_ref())?;
        if action != MessageAction::Delete {
            require_open(&mut *work, &room).await?;
        }
        Ok(MessageTransaction { scope: self, work, room, sent, replied: None, now: self.clock.now() })
    }
}

/// A change of a message that is under way; nothing is written when it is dropped.
pub(crate) struct MessageTransaction<'a> {
    scope: &'a MessageTransactions,
    pub(crate) work: Box<dyn UnitOfWork>,
    pub(crate) room: Room,
    /// The message, to be changed.
    pub(crate) sent: SentMessage,
    /// What it replies to, when that has changed with it.
    pub(crate) replied: Option<SentMessage>,
    pub(crate) now: Timestamp,
}

impl MessageTransaction<'_> {
    /// The version for the change.
    pub(crate) async fn next_version(&mut self) -> Result<Version> {
        Ok(self.work.rooms().advance(self.room.id, 0, 1).await?.version)
    }

    /// Ends without a change, as everything is as it should be.
    pub(crate) fn keep(self, acknowledge: impl FnOnce(&SentMessage)) -> SentMessage {
        acknowledge(&self.sent);
        self.sent
    }

    /// Stores the message as it is now; `acknowledge` is called once that is durable, before anybody else learns of it.
    pub(crate) async fn commit(
        mut self,
        body: fn(Box<SentMessage>) -> RoomEventBody,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        self.store().await?;
        self.finish(body, acknowledge).await
    }

    /// Writes the message as it is now.
    pub(crate) async fn store(&mut self) -> Result<()> {
        Ok(self.work.messages().update(&self.sent.message).await?)
    }

    /// Commits what is stored, and tells of it.
    pub(crate) async fn finish(
        self,
        body: fn(Box<SentMessage>) -> RoomEventBody,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        self.work.commit().await?;
        acknowledge(&self.sent);
        let Message { room_id, version, .. } = self.sent.message;
        let body = body(Box::new(self.sent.clone()));
        self.scope.bus.publish(Event::Room(RoomEvent { room_id, version, body }));
        if let Some(replied) = self.replied {
            self.scope.bus.publish(Event::Room(RoomEvent::changed(replied)));
        }
        Ok(self.sent)
    }
}

fn hide_room(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("message"),
        other => other,
    }
}
