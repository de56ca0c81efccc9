//! What replies do to the message that they reply to: it counts them, takes a version, and is followed.

use std::collections::{BTreeMap, HashMap};

use plaza_domain::{
    Follower, InvalidInput, Message, MessageId, MessageKind, RepositoryError, RoomId, SentMessage, Seq,
    ThreadRoot, Timestamp, UnitOfWork, UserId, Version,
};

use super::committer::Job;
use crate::{Error, Result};

/// The replies of a batch to one message, which takes a version of its own for all of them.
pub(super) struct Replied {
    id: MessageId,
    count: i64,
    version: Version,
}

/// The messages that jobs of one room reply to, in the order of their first replies, without versions yet; nothing, and
/// at no cost, when none is a reply.
pub(super) fn replied(
    jobs: &[Job],
    indexes: &[usize],
    roots: &HashMap<MessageId, ThreadRoot>,
) -> Vec<Replied> {
    let mut replied: Vec<Replied> = Vec::new();
    let parents = indexes.iter().filter_map(|index| jobs[*index].draft.parent_id());
    for root in parents.filter_map(|id| roots.get(&id)) {
        match replied.iter_mut().find(|known| known.id == root.id) {
            Some(known) => known.count += 1,
            None => replied.push(Replied { id: root.id, count: 1, version: Version::ZERO }),
        }
    }
    replied
}

/// Gives each the next one of the versions that end at `last`.
pub(super) fn give_versions(mut replied: Vec<Replied>, last: Version) -> Vec<Replied> {
    for (back, one) in (0..).zip(replied.iter_mut().rev()) {
        one.version = last.back(back);
    }
    replied
}

/// Why a draft may not be a reply to the message that it names.
pub(super) fn refuse_reply(job: &Job, roots: &HashMap<MessageId, ThreadRoot>) -> Option<Error> {
    let root = roots.get(&job.draft.parent_id()?);
    match root.filter(|root| root.room_id == job.room_id) {
        None => Some(Error::NotFound("parent message")),
        Some(root) if root.kind == MessageKind::System => {
            Some(InvalidInput::single("parent_id", "must not be a system message").into())
        }
        Some(root) if root.is_deleted && root.reply_count == 0 => {
            Some(Error::Conflict("the message was deleted".to_owned()))
        }
        Some(_) => None,
    }
}

/// Counts new replies, which are stored already, and makes those follow the threads whom they concern. Gives the
/// messages that were replied to, as they are now, by rising version in each room.
pub(super) async fn note_replies(
    work: &mut dyn UnitOfWork,
    replied: &[Replied],
    messages: &[SentMessage],
    now: Timestamp,
) -> std::result::Result<Vec<SentMessage>, RepositoryError> {
    let ids: Vec<_> = replied.iter().map(|one| one.id).collect();
    let mut roots = work.messages().find_many(&ids).await?;
    let mut followers = Followers::default();
    for root in &mut roots {
        let Some(one) = replied.iter().find(|one| one.id == root.message.id) else { continue };
        if root.message.reply_count == 0 {
            followers.add_those_of_root(root);
        }
        root.message.gain_replies(one.count, one.version, now);
    }
    roots.sort_unstable_by_key(|root| root.message.version);
    messages.iter().for_each(|reply| followers.add_those_of_reply(reply));
    let rows: Vec<Message> = roots.iter().map(|root| root.message.clone()).collect();
    work.threads().update_counts(&rows).await?;
    work.threads().add_followers(&followers.list()).await?;
    Ok(roots)
}

/// Counts a reply no more that was just deleted. Gives the message that it replied to, as it is at `version`.
pub(super) async fn note_deletion(
    work: &mut dyn UnitOfWork,
    root_id: MessageId,
    version: Version,
) -> Result<SentMessage> {
    let mut root = work.messages().find(root_id).await?.ok_or(Error::NotFound("message"))?;
    let newest = work.threads().last_reply_at(root_id).await?;
    root.message.lose_reply(newest, version);
    work.threads().update_counts(std::slice::from_ref(&root.message)).await?;
    Ok(root)
}

/// Who begins to follow which thread, and up to where they know it: who concerns a thread in several ways does not
/// know what came after the first.
#[derive(Default)]
struct Followers(BTreeMap<(MessageId, UserId), (RoomId, Seq)>);

impl Followers {
    fn add_those_of_root(&mut self, root: &SentMessage) {
        let Message { id, room_id, seq, sender_id, .. } = root.message;
        self.add(id, sender_id, room_id, seq);
        root.mentions.iter().for_each(|user| self.add(id, user.id, room_id, seq));
    }

    fn add_those_of_reply(&mut self, reply: &SentMessage) {
        let Message { room_id, seq, sender_id, .. } = reply.message;
        let Some(id) = reply.message.parent_id else { return };
        self.add(id, sender_id, room_id, seq);
        reply.mentions.iter().for_each(|user| self.add(id, user.id, room_id, seq.back(1)));
    }

    fn add(&mut self, id: MessageId, user_id: UserId, room_id: RoomId, knows: Seq) {
        let (_, known) = self.0.entry((id, user_id)).or_insert((room_id, knows));
        *known = knows.min(*known);
    }

    fn list(self) -> Vec<Follower> {
        let follower = |((message_id, user_id), (room_id, read_seq))| Follower {
            message_id,
            user_id,
            room_id,
            is_following: true,
            read_seq,
        };
        self.0.into_iter().map(follower).collect()
    }
}
