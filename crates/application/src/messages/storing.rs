//! How the messages of a batch become rows: by themselves when they change nothing else and the database can do that at
//! once, and otherwise in a transaction with what they change. In both ways nobody posts who was removed before: the
//! write leaves rooms out that have changed since the look, or the rooms are locked before the look.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plaza_domain::{
    DirectRoom, Message, MessageDraft, MessageId, NewMessage, RepositoryError, RoomEpoch, RoomId,
    SentMessage, Timestamp, UnitOfWork,
    repository::{Advance, Counters},
};

use super::{
    batch::BatchContext,
    committer::Job,
    knowledge::{Knowledge, look_up, recall},
    mentions,
    replies::{Replied, give_versions, note_replies, replied},
    verdicts::{Verdict, judge},
};
use crate::events::DirectActivity;

/// What was stored, and what was found out about the jobs, one verdict each.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) messages: Vec<SentMessage>,
    /// The messages that were replied to.
    pub(super) replied: Vec<SentMessage>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) direct: Vec<DirectActivity>,
    /// Nothing was looked up for it: its senders were remembered.
    pub(super) is_recalled: bool,
}

impl Stored {
    fn add(&mut self, index: usize, job: &Job, message: Message, known: &Knowledge) {
        if let Some(sender) = known.permitted.senders.get(&(job.room_id, job.sender_id)) {
            let mut view = SentMessage::new(message, sender.clone());
            known.meant.apply(&mut view, job.draft.mentions());
            self.verdicts[index] = Verdict::New(self.messages.len());
            self.messages.push(view);
        }
    }

    /// Direct rooms whose users shall follow them from now on. The messages of a room are together.
    fn note_direct(&mut self, known: &Knowledge) {
        for SentMessage { message: Message { room_id, version, .. }, .. } in &self.messages {
            let is_known = self.direct.last().is_some_and(|last| last.room_id == *room_id);
            if let Some(DirectRoom { users, .. }) = known.direct_rooms.get(room_id)
                && !is_known
            {
                self.direct.push(DirectActivity { room_id: *room_id, users: *users, version: *version });
            }
        }
    }
}

/// How it is found out who may post in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Not at all where it is known of a moment ago.
    IfNeeded,
    /// Always.
    Again,
    /// With the rooms locked: then it stays so.
    Locked,
}

/// Why a batch failed, and whether all of it may have been stored nonetheless.
pub(super) struct Failure {
    pub(super) error: RepositoryError,
    pub(super) committing: bool,
}

impl Failure {
    /// Of what is a transaction by itself.
    fn of_all(error: RepositoryError) -> Self {
        Self { committing: !matches!(error, RepositoryError::Conflict { .. }), error }
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self { error, committing: false }
    }
}

/// Stores a batch. It looks for what was stored before when sends are likely to be repeated.
pub(super) async fn store_batch(
    context: &BatchContext,
    jobs: &[Job],
    look: Look,
    repeats_are_likely: bool,
) -> Result<Stored, Failure> {
    let is_alone = look != Look::Locked && !jobs.iter().any(|job| changes_more(&job.draft));
    if is_alone && context.store.appends_at_once() {
        store_alone(context, jobs, look, repeats_are_likely).await
    } else {
        store_in_transaction(context, jobs, repeats_are_likely).await
    }
}

/// Whether more is stored for a message than itself: a reply counts, a mention is noted.
fn changes_more(draft: &MessageDraft) -> bool {
    draft.parent_id().is_some() || !draft.mentions().is_empty()
}

/// By one look, if that is needed, and one write, each on its own. What is said in rooms that have changed between the two
/// is not stored.
async fn store_alone(
    context: &BatchContext,
    jobs: &[Job],
    look: Look,
    repeats_are_likely: bool,
) -> Result<Stored, Failure> {
    let is_needed = look != Look::IfNeeded || repeats_are_likely;
    let recalled = if is_needed { None } else { recall(&context.recent, jobs) };
    let is_recalled = recalled.is_some();
    let known = match recalled {
        Some(known) => known,
        None => {
            let mut read = context.store.read().await?;
            look_up(&mut *read, Some(&context.recent), jobs, repeats_are_likely).await?
        }
    };
    note_repeats(context, &known);
    let (verdicts, accepted) = judge(jobs, &known);
    let mut stored = Stored { verdicts, is_recalled, ..Stored::default() };
    let indexes: Vec<usize> = accepted.into_values().flatten().collect();
    let now = context.clock.now();
    let new: Vec<_> = indexes.iter().map(|index| new_message(context, &jobs[*index], &known, now)).collect();
    let ids: Vec<MessageId> = new.iter().map(|message| message.id).collect();
    let mut messages = context.store.append(new).await.map_err(Failure::of_all)?.into_iter().peekable();
    stored.messages.reserve(messages.len());
    for (index, id) in indexes.into_iter().zip(ids) {
        // Those that are not there are of rooms that have changed, or are gone, since the look.
        if let Some(message) = messages.next_if(|message| message.id == id) {
            stored.add(index, &jobs[index], message, &known);
        }
    }
    stored.note_direct(&known);
    Ok(stored)
}

/// By a transaction that holds the look, the messages and what they change.
async fn store_in_transaction(
    context: &BatchContext,
    jobs: &[Job],
    repeats_are_likely: bool,
) -> Result<Stored, Failure> {
    let mut work = context.store.begin().await?;
    if context.store.appends_at_once() {
        // Writers do not wait for each other at the beginning of a transaction, but here: who is removed is waited for.
        lock_rooms(&mut *work, jobs).await?;
    }
    let known = look_up(&mut *work, None, jobs, repeats_are_likely).await?;
    note_repeats(context, &known);
    let (verdicts, accepted) = judge(jobs, &known);
    let mut stored = Stored { verdicts, ..Stored::default() };
    let mut all_replied = Vec::new();
    let now = context.clock.now();
    for Raised { indexes, replied, counters } in raise(&mut *work, jobs, accepted, &known).await? {
        // Never: it is locked, and was there.
        let Some(counters) = counters else { continue };
        let (count, changed) = (number_of(&indexes), number_of(&replied));
        if changed > 0
            && let Some(index) = indexes.first()
        {
            context.recent.forget_room(jobs[*index].room_id);
        }
        all_replied.extend(give_versions(replied, counters.version));
        for (index, back) in indexes.into_iter().zip((0..count).rev()) {
            let new = new_message(context, &jobs[index], &known, now);
            let message = new.place(counters.last_seq.back(back), counters.version.back(changed + back));
            stored.add(index, &jobs[index], message, &known);
        }
    }
    if stored.messages.is_empty() {
        return Ok(stored);
    }
    stored.note_direct(&known);
    let mentions = mentions::stored(&stored.messages);
    stored.messages = insert(&mut *work, stored.messages).await?;
    if !mentions.is_empty() {
        work.mentions().insert(&mentions).await?;
    }
    if !all_replied.is_empty() {
        stored.replied = note_replies(&mut *work, &all_replied, &stored.messages, now).await?;
    }
    work.commit().await.map_err(|error| Failure { error, committing: true })?;
    Ok(stored)
}

/// Waits until nobody else changes the rooms of a batch, and keeps it so.
async fn lock_rooms(work: &mut dyn UnitOfWork, jobs: &[Job]) -> Result<(), RepositoryError> {
    let rooms: BTreeSet<RoomId> = jobs.iter().map(|job| job.room_id).collect();
    let unchanged: Vec<_> = rooms.into_iter().map(|room_id| Advance::new(room_id, 0, 0)).collect();
    work.rooms().advance_many(&unchanged).await.map(drop)
}

fn note_repeats(context: &BatchContext, known: &Knowledge) {
    if !known.originals.is_empty() {
        context.repeats.came();
    }
}

fn new_message(context: &BatchContext, job: &Job, known: &Knowledge, now: Timestamp) -> NewMessage {
    let root = job.draft.parent_id().and_then(|id| known.parents.get(&id));
    NewMessage {
        id: MessageId::new(context.ids.next()),
        room_id: job.room_id,
        sender_id: job.sender_id,
        created_at: now,
        draft: job.draft.clone().reply_to(root.map(|root| root.id)),
        epoch: known.permitted.epochs.get(&job.room_id).copied().unwrap_or(RoomEpoch::new(0)),
    }
}

/// Stores messages, as rows for as long as that takes: none is copied for it.
async fn insert(
    work: &mut dyn UnitOfWork,
    messages: Vec<SentMessage>,
) -> Result<Vec<SentMessage>, RepositoryError> {
    let parts = |SentMessage { message, sender, mentions, .. }| (message, (sender, mentions));
    let (rows, people): (Vec<_>, Vec<_>) = messages.into_iter().map(parts).unzip();
    work.messages().insert(&rows).await?;
    let whole = |(message, (sender, mentions))| SentMessage { mentions, ..SentMessage::new(message, sender) };
    Ok(rows.into_iter().zip(people).map(whole).collect())
}

/// A room of a batch, with place for what is said there.
struct Raised {
    /// The jobs that become messages.
    indexes: Vec<usize>,
    /// What they reply to, which changes too, after them.
    replied: Vec<Replied>,
    /// The room's counters, unless it is gone.
    counters: Option<Counters>,
}

/// Makes place in all rooms of a batch by one statement, which locks them until the commit.
async fn raise(
    work: &mut dyn UnitOfWork,
    jobs: &[Job],
    accepted: BTreeMap<RoomId, Vec<usize>>,
    known: &Knowledge,
) -> Result<Vec<Raised>, RepositoryError> {
    if accepted.is_empty() {
        return Ok(Vec::new());
    }
    let room = |(room_id, indexes): (RoomId, Vec<usize>)| {
        let replied = replied(jobs, &indexes, &known.parents);
        (room_id, Raised { indexes, replied, counters: None })
    };
    let mut rooms: Vec<_> = accepted.into_iter().map(room).collect();
    let advance = |(room_id, room): &(RoomId, Raised)| {
        let messages = number_of(&room.indexes);
        Advance::new(*room_id, messages, messages + number_of(&room.replied))
    };
    let advances: Vec<_> = rooms.iter().map(advance).collect();
    let counters: HashMap<_, _> = work.rooms().advance_many(&advances).await?.into_iter().collect();
    rooms.iter_mut().for_each(|(room_id, room)| room.counters = counters.get(room_id).copied());
    Ok(rooms.into_iter().map(|(_, room)| room).collect())
}

fn number_of<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}
