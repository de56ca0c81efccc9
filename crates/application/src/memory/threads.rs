//! Threads and who follows them.

use std::{cmp::Reverse, sync::Arc};

use async_trait::async_trait;
use plaza_domain::{
    FollowedThread, Follower, Message, MessageId, RoomId, SentMessage, Seq, ThreadPosition, ThreadRoot,
    Timestamp, UserId,
    repository::{HistoryRange, Result, ThreadRepository},
    thread::MAX_UNREAD,
};

use super::{
    connection::{Access, Connection},
    messages::{all_of, part},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> ThreadRepository for Connection<A> {
    async fn roots(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, ThreadRoot)>> {
        let tables = self.tables();
        let root = |id| {
            let asked = tables.message(id)?;
            let root = tables.message(asked.parent_id.unwrap_or(id))?;
            let root = ThreadRoot {
                id: root.id,
                room_id: root.room_id,
                kind: root.kind,
                is_deleted: root.is_deleted(),
                reply_count: root.reply_count,
            };
            Some((id, root))
        };
        Ok(each_once(ids).into_iter().filter_map(root).collect())
    }

    async fn update_counts(&mut self, roots: &[Message]) -> Result<()> {
        let tables = self.tables_mut()?;
        for root in roots {
            let stored = tables.messages.change(&(root.room_id, root.seq), "message")?;
            let stored = Arc::make_mut(stored);
            stored.reply_count = root.reply_count;
            stored.last_reply_at = root.last_reply_at;
            stored.version = root.version;
        }
        Ok(())
    }

    async fn last_reply_at(&mut self, id: MessageId) -> Result<Option<Timestamp>> {
        let tables = self.tables();
        let newest = replies_to(&tables, id).rev().find(|reply| !reply.is_deleted());
        Ok(newest.map(|reply| reply.created_at))
    }

    async fn replies(&mut self, id: MessageId, range: HistoryRange, limit: u64) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let page = part(replies_to(&tables, id), range, limit);
        page.into_iter().map(|message| tables.sent(message)).collect()
    }

    async fn add_followers(&mut self, followers: &[Follower]) -> Result<()> {
        let tables = self.tables_mut()?;
        for follower in followers {
            require(tables, follower)?;
            tables.thread_followers.entry(key(follower)).or_insert(*follower);
        }
        Ok(())
    }

    async fn find_follower(&mut self, id: MessageId, user_id: UserId) -> Result<Option<Follower>> {
        Ok(self.tables().thread_followers.get(&(id, user_id)).copied())
    }

    async fn save_follower(&mut self, follower: &Follower) -> Result<()> {
        let tables = self.tables_mut()?;
        require(tables, follower)?;
        let stored = tables.thread_followers.entry(key(follower)).or_insert(*follower);
        stored.is_following = follower.is_following;
        Ok(())
    }

    async fn advance_read(&mut self, id: MessageId, user_id: UserId, seq: Seq) -> Result<bool> {
        let followers = &mut self.tables_mut()?.thread_followers;
        let behind = followers.get_mut(&(id, user_id)).filter(|follower| follower.read_seq < seq);
        let Some(follower) = behind else { return Ok(false) };
        follower.read_seq = seq;
        Ok(true)
    }

    async fn list_followed(
        &mut self,
        user_id: UserId,
        room_id: Option<RoomId>,
        after: Option<ThreadPosition>,
        limit: u64,
    ) -> Result<Vec<FollowedThread>> {
        let tables = self.tables();
        let followed = tables.thread_followers.values().filter(|follower| {
            follower.user_id == user_id
                && follower.is_following
                && room_id.is_none_or(|room_id| follower.room_id == room_id)
                && tables.live_room(follower.room_id).is_some()
                && tables.is_present(follower.room_id, user_id)
        });
        let placed = followed.filter_map(|follower| {
            let root = tables.message(follower.message_id)?;
            let place = ThreadPosition { last_reply_at: root.last_reply_at?, message_id: root.id };
            after.is_none_or(|after| place < after).then_some((place, root, follower.read_seq))
        });
        let mut threads: Vec<_> = placed.collect();
        threads.sort_by_key(|(place, ..)| Reverse(*place));
        let page = threads.into_iter().take(rows(limit)).map(|(_, root, read_seq)| {
            let unread = unread(&tables, root.id, user_id, read_seq);
            Ok(FollowedThread { root: tables.sent(root)?, read_seq, unread })
        });
        page.collect()
    }
}

fn key(follower: &Follower) -> (MessageId, UserId) {
    (follower.message_id, follower.user_id)
}

fn require(tables: &Tables, follower: &Follower) -> Result<()> {
    tables.message_places.require(&follower.message_id)?;
    tables.users.require(&follower.user_id)
}

/// The replies to a message, by rising `seq`.
fn replies_to(tables: &Tables, id: MessageId) -> impl DoubleEndedIterator<Item = &Message> {
    let root = tables.message(id);
    let of_room = root.into_iter().flat_map(|root| all_of(tables, root.room_id));
    of_room.filter(move |message| message.parent_id == Some(id))
}

fn unread(tables: &Tables, id: MessageId, user_id: UserId, read_seq: Seq) -> i64 {
    let unread = replies_to(tables, id)
        .filter(|reply| reply.seq > read_seq && reply.sender_id != user_id && !reply.is_deleted());
    i64::try_from(unread.take(rows(MAX_UNREAD)).count()).unwrap_or(i64::MAX)
}
