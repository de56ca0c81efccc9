//! Threads: read, followed, listed.

use std::sync::Arc;

use plaza_domain::{
    FollowedThread, Follower, InvalidInput, MessageId, MessageKind, Repositories, Room, RoomId, SentMessage,
    Seq, Store, ThreadPosition, repository::HistoryRange,
};

use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    page::MAX_PAGE,
    policy::{RoomAction, authorize_reading, authorize_room},
};

/// A part of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadPage {
    /// The first message.
    pub root: SentMessage,
    /// Replies, by rising `seq`.
    pub replies: Vec<SentMessage>,
    /// Whether there is more in the direction that was asked for.
    pub has_more: bool,
    /// The actor's relation to it, if there is one.
    pub follower: Option<Follower>,
}

/// Threads.
pub struct ThreadService {
    store: Arc<dyn Store>,
}

impl ThreadService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store) }
    }

    /// The thread that a message begins or is in: a part of the replies, at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn read(
        &self,
        actor: &Actor,
        id: MessageId,
        range: HistoryRange,
        limit: u64,
    ) -> Result<ThreadPage> {
        let mut read = self.store.read().await?;
        let (root, _) = open(&mut *read, actor, id).await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let replies = read.threads().replies(root.message.id, range, limit + 1).await?;
        let (replies, has_more) = range.cut(replies, limit);
        let follower = read.threads().find_follower(root.message.id, actor.id()).await?;
        Ok(ThreadPage { root, replies, has_more, follower })
    }

    /// Makes the actor follow the thread that a message begins or is in, or not any more: then also replies and
    /// mentions do not make them.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for system messages, which have no threads.
    pub async fn follow(&self, actor: &Actor, id: MessageId, is_following: bool) -> Result<()> {
        let mut read = self.store.read().await?;
        let (root, room) = open(&mut *read, actor, id).await?;
        if root.message.kind == MessageKind::System {
            return Err(Error::Conflict("system messages have no threads".to_owned()));
        }
        let known = read.threads().find_follower(root.message.id, actor.id()).await?;
        if known.is_some_and(|known| known.is_following == is_following) {
            return Ok(());
        }
        let follower = Follower {
            message_id: root.message.id,
            user_id: actor.id(),
            room_id: room.id,
            is_following,
            read_seq: room.last_seq,
        };
        let mut work = self.store.begin().await?;
        work.threads().save_follower(&follower).await?;
        work.commit().await?;
        Ok(())
    }

    /// Notes that the actor has read the thread that a message begins or is in up to a place. Going back changes
    /// nothing; nor does it for who neither follows nor followed the thread.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when there is no such place yet.
    pub async fn mark(&self, actor: &Actor, id: MessageId, seq: Seq) -> Result<()> {
        let mut read = self.store.read().await?;
        let (root, room) = open(&mut *read, actor, id).await?;
        if seq < Seq::new(1) || seq > room.last_seq {
            return Err(InvalidInput::single("seq", "must be the place of a message").into());
        }
        // Clients say the same again and again: SQLite's one writer is not for that.
        let known = read.threads().find_follower(root.message.id, actor.id()).await?;
        if known.is_none_or(|known| known.read_seq >= seq) {
            return Ok(());
        }
        let mut work = self.store.begin().await?;
        if work.threads().advance_read(root.message.id, actor.id(), seq).await? {
            work.commit().await?;
        }
        Ok(())
    }

    /// The threads that the actor follows, in one room or in all that they are in: those with the latest reply first.
    ///
    /// # Errors
    /// `NotFound` or `Forbidden` when the actor is not in that room.
    pub async fn list(
        &self,
        actor: &Actor,
        room_id: Option<RoomId>,
        page: PageRequest<ThreadPosition>,
    ) -> Result<Page<FollowedThread, ThreadPosition>> {
        let mut read = self.store.read().await?;
        if let Some(room_id) = room_id {
            let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
            let membership = read.members().find(room_id, actor.id()).await?;
            authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
        }
        let threads = read.threads().list_followed(actor.id(), room_id, page.cursor, page.fetch()).await?;
        Ok(page.cut(threads, FollowedThread::position))
    }
}

/// The first message of the thread that a message begins or is in, in a room that the actor may read.
async fn open(read: &mut dyn Repositories, actor: &Actor, id: MessageId) -> Result<(SentMessage, Room)> {
    let asked = read.messages().find(id).await?.ok_or(Error::NotFound("message"))?;
    let room = read.rooms().find(asked.message.room_id).await?.ok_or(Error::NotFound("message"))?;
    let membership = read.members().find(room.id, actor.id()).await?;
    authorize_reading(actor, &room, membership.as_ref())?;
    let root = match asked.message.parent_id {
        Some(root_id) => read.messages().find(root_id).await?.ok_or(Error::NotFound("message"))?,
        None => asked,
    };
    Ok((root, room))
}
