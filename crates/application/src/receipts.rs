//! Who read a message, and when.

use std::sync::Arc;

use plaza_domain::{MessageId, Receipt, ReceiptCounts, ReceiptScope, Store};

use crate::{Actor, Error, Ports, Result, direct::is_closed, policy::authorize_reading};

/// The most members of a room in which everybody is told who has read how far. In larger ones it is counted only.
pub const MAX_NAMED_READERS: u64 = 200;
/// How far behind a member's cursor it is remembered when they read what.
pub(crate) const REMEMBERED_READS: i64 = 1_000;

/// How far a message got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipts {
    /// With whom; `None` in rooms of more than [`MAX_NAMED_READERS`].
    pub named: Option<Vec<Receipt>>,
    /// With how many.
    pub counts: ReceiptCounts,
}

/// Receipts of messages.
pub struct ReceiptService {
    store: Arc<dyn Store>,
}

impl ReceiptService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store) }
    }

    /// How far a message got, for every member of its room: all of them get the `read_receipt`s, too. Told of are
    /// those who are in the room and were when it was posted, other than its sender; those who show no receipts are
    /// counted as members only, and in a direct room that is closed nobody is told of.
    ///
    /// # Errors
    /// `NotFound` when the actor may not read the message.
    pub async fn of(&self, actor: &Actor, id: MessageId) -> Result<Receipts> {
        let mut read = self.store.read().await?;
        let message = read.messages().find(id).await?.ok_or(Error::NotFound("message"))?.message;
        let room = read.rooms().find(message.room_id).await?.ok_or(Error::NotFound("message"))?;
        let membership = read.members().find(room.id, actor.id()).await?;
        authorize_reading(actor, &room, membership.as_ref())?;
        let counts = read.receipts().counts(&message).await?;
        if is_closed(&mut *read, &room).await? {
            let counts = ReceiptCounts { delivered: 0, read: 0, ..counts };
            return Ok(Receipts { named: Some(Vec::new()), counts });
        }
        let named = if counts.room.unsigned_abs() <= MAX_NAMED_READERS {
            Some(read.receipts().list(&message, MAX_NAMED_READERS).await?)
        } else {
            None
        };
        Ok(Receipts { named, counts })
    }
}

/// Whether the room is told what a member reads, and it is remembered; else it is for their own clients only.
pub(crate) fn is_told(scope: ReceiptScope) -> bool {
    scope.shows_receipts && scope.members <= MAX_NAMED_READERS
}
