//! Messages that are pinned to their rooms.

use plaza_domain::{MessageId, Pin, RoomId, SentMessage};

use crate::{
    Actor, Error, Ports, Result,
    events::RoomEventBody,
    messages::MessageTransactions,
    policy::{MessageAction, RoomAction, authorize_room},
};

/// The most pinned messages of a room.
const MAX_PINS: u64 = 50;

/// Pins.
pub struct PinService {
    transactions: MessageTransactions,
}

impl PinService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { transactions: MessageTransactions::new(ports) }
    }

    /// Pins a message to its room; one that is pinned stays as it is.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when the message was deleted or the room has as many pins as it may have.
    pub async fn pin(&self, actor: &Actor, id: MessageId) -> Result<SentMessage> {
        let mut change = self.transactions.begin(actor, id, MessageAction::Pin).await?;
        if change.sent.message.pinned.is_some() {
            return Ok(change.keep(|_| {}));
        }
        let room_id = change.room.id;
        if change.work.pins().count(room_id).await? >= MAX_PINS {
            let reason = format!("a room has at most {MAX_PINS} pinned messages: unpin one first");
            return Err(Error::Conflict(reason));
        }
        change.sent.message.pinned = Some(Pin { at: change.now, by: actor.id() });
        change.sent.message.version = change.next_version().await?;
        change.commit(RoomEventBody::MessageUpdated, |_| {}).await
    }

    /// Takes a pin away; a message that is not pinned stays as it is.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when the message was deleted.
    pub async fn unpin(&self, actor: &Actor, id: MessageId) -> Result<SentMessage> {
        let mut change = self.transactions.begin(actor, id, MessageAction::Pin).await?;
        if change.sent.message.pinned.is_none() {
            return Ok(change.keep(|_| {}));
        }
        change.sent.message.pinned = None;
        change.sent.message.version = change.next_version().await?;
        change.commit(RoomEventBody::MessageUpdated, |_| {}).await
    }

    /// All pinned messages of a room, the newest pin first.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn list(&self, actor: &Actor, room_id: RoomId) -> Result<Vec<SentMessage>> {
        let mut read = self.transactions.store.read().await?;
        let found = read.rooms().find_with_member(room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
        Ok(read.pins().list(room_id, MAX_PINS).await?)
    }
}
