//! Deciding about each message of a batch.

use std::collections::{BTreeMap, HashMap};

use plaza_domain::{ClientId, FileKind, InvalidInput, Message, MessageKind, RoomId, SentMessage, UserId};

use super::{committer::Job, knowledge::Knowledge, replies::refuse_reply};
use crate::{
    Error,
    policy::{authorize_direct_write, authorize_own, authorize_post},
};

/// What the transaction found out about one job.
pub(super) enum Verdict {
    /// Stored under that index of the new messages.
    New(usize),
    /// Sent before.
    Original(Box<SentMessage>),
    /// The same send as another job of this batch.
    SameAs(usize),
    /// Refused.
    Refused(Error),
    /// The room has changed since the look, or is gone: whether the sender may still post has to be looked up again.
    Overtaken,
}

/// Decides about each job, and groups those that become messages by room, in the order they came.
pub(super) fn judge(jobs: &[Job], known: &Knowledge) -> (Vec<Verdict>, BTreeMap<RoomId, Vec<usize>>) {
    let mut accepted: BTreeMap<RoomId, Vec<usize>> = BTreeMap::new();
    let originals: HashMap<_, _> = known
        .originals
        .iter()
        .filter_map(|view| {
            let Message { sender_id, client_id, .. } = &view.message;
            Some(((*sender_id, client_id.as_ref()?), view))
        })
        .collect();
    let mut first_of: HashMap<(UserId, &ClientId), usize> = HashMap::new();
    let mut verdicts = Vec::with_capacity(jobs.len());
    for (index, job) in jobs.iter().enumerate() {
        let key = send_key(job);
        let original = key.and_then(|key| originals.get(&key)).copied();
        let sibling = key.and_then(|key| first_of.get(&key)).copied();
        let verdict = if let Some(refusal) = refuse(job, known) {
            Verdict::Refused(refusal)
        } else if let Some(original) = original {
            repeated(job, original.message.room_id, Verdict::Original(Box::new(original.clone())))
        } else if let Some(sibling) = sibling {
            repeated(job, jobs[sibling].room_id, Verdict::SameAs(sibling))
        } else if let Some(refusal) = refuse_new(job, known) {
            Verdict::Refused(refusal)
        } else {
            if let Some(key) = key {
                first_of.insert(key, index);
            }
            accepted.entry(job.room_id).or_default().push(index);
            // Replaced by its place once the room's counters are known.
            Verdict::Overtaken
        };
        verdicts.push(verdict);
    }
    (verdicts, accepted)
}

fn repeated(job: &Job, original_room: RoomId, verdict: Verdict) -> Verdict {
    if job.room_id == original_room {
        return verdict;
    }
    Verdict::Refused(Error::Conflict("this client_id was used for a message in another room".to_owned()))
}

/// Why nothing new may go where the job goes. What was stored before is acknowledged all the same.
pub(super) fn refuse_new(job: &Job, known: &Knowledge) -> Option<Error> {
    refuse_reply(job, &known.parents).or_else(|| authorize_direct_write(is_closed(job, known)).err())
}

/// Whether nothing more can be written where the job goes.
fn is_closed(job: &Job, known: &Knowledge) -> bool {
    known.direct_rooms.get(&job.room_id).is_some_and(|direct_room| direct_room.is_closed)
}

fn refuse(job: &Job, known: &Knowledge) -> Option<Error> {
    if let Err(refusal) = authorize_post(known.permitted.senders.contains_key(&(job.room_id, job.sender_id)))
    {
        return Some(refusal);
    }
    let file_id = job.draft.file_id()?;
    let Some((owner_id, kind)) = known.files.get(&file_id) else { return Some(Error::NotFound("file")) };
    if let Err(refusal) = authorize_own(job.sender_id, *owner_id, "file") {
        return Some(refusal);
    }
    let is_picture = *kind == FileKind::Image;
    (job.draft.kind() == MessageKind::Image && !is_picture)
        .then(|| InvalidInput::single("file_id", "must be a picture").into())
}

fn send_key(job: &Job) -> Option<(UserId, &ClientId)> {
    Some((job.sender_id, job.draft.client_id()?))
}
