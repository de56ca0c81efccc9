//! One transaction that stores a batch of messages, of any rooms and senders.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use plaza_domain::{
    Clock, DirectRoom, IdGenerator, MessageId, RepositoryError, RoomId, SentMessage, Seq, Store, UnitOfWork,
    Version,
    message::Placement,
    repository::{Advance, Constraint, Counters},
};
use tokio::time::timeout;

use super::{
    Acknowledged,
    committer::Job,
    knowledge::{Knowledge, look_up},
    mentions,
    repeats::Repeats,
    replies::{Replied, give_versions, note_replies, replied},
    verdicts::{Verdict, judge},
};
use crate::{
    Error,
    events::{DirectActivity, Event, RoomEvent},
    ports::EventBus,
};

/// What storing messages needs.
pub(super) struct BatchContext {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) repeats: Repeats,
}

/// What a transaction stored, and what it found out about its jobs, one verdict each.
#[derive(Default)]
struct Stored {
    messages: Vec<SentMessage>,
    /// The messages that were replied to.
    replied: Vec<SentMessage>,
    verdicts: Vec<Verdict>,
    direct: Vec<DirectActivity>,
}

/// How long one transaction may take: a network that swallows everything must not hold up a room for good.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);

/// Stores a batch. When it breaks a rule, its drafts are tried one by one: a bad one never fails its neighbours. When the
/// database does not answer, the batch is tried once more as a whole, and then refused: one by one, each draft would wait
/// as long.
pub(super) async fn post_batch(context: &BatchContext, jobs: Vec<Job>) {
    let failure = match store_in_time(context, &jobs).await {
        Ok(stored) => return tell(context, jobs, stored),
        Err(failure) => failure,
    };
    let jobs = if failure.committing { keep_named(jobs, &failure) } else { jobs };
    tracing::debug!(batch.size = jobs.len(), error = ?failure.error, "a batch failed; trying again");
    if matches!(failure.error, RepositoryError::Unavailable(_)) {
        match store_in_time(context, &jobs).await {
            Ok(stored) => tell(context, jobs, stored),
            Err(failure) => jobs.into_iter().for_each(|job| job.complete(Err(unavailable(&failure)))),
        }
        return;
    }
    for job in jobs {
        let jobs = [job];
        let outcome = store_in_time(context, &jobs).await;
        let [job] = jobs;
        match outcome {
            Ok(stored) => tell(context, vec![job], stored),
            Err(failure) => job.complete(Err(unavailable(&failure))),
        }
    }
}

/// A send without a name cannot be recognised: when its commit may have happened, it is not repeated.
fn keep_named(jobs: Vec<Job>, failure: &Failure) -> Vec<Job> {
    let (named, nameless): (Vec<_>, Vec<_>) =
        jobs.into_iter().partition(|job| job.draft.client_id().is_some());
    nameless.into_iter().for_each(|job| job.complete(Err(unavailable(failure))));
    named
}

/// A transaction that was given up may have been committed all the same.
async fn store_in_time(context: &BatchContext, jobs: &[Job]) -> std::result::Result<Stored, Failure> {
    if jobs.is_empty() {
        return Ok(Stored::default());
    }
    timeout(BATCH_TIMEOUT, store(context, jobs)).await.unwrap_or_else(|too_slow| {
        Err(Failure { error: RepositoryError::Unavailable(too_slow.into()), committing: true })
    })
}

/// Why a batch failed, and whether that was while it was being committed.
struct Failure {
    error: RepositoryError,
    committing: bool,
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self { error, committing: false }
    }
}

fn unavailable(failure: &Failure) -> Error {
    tracing::warn!(error = ?failure.error, "a message could not be stored");
    Error::Unavailable("the message could not be stored".into())
}

/// Stores a batch without looking for what was stored before, as long as nobody repeats their sends: the index of client
/// ids refuses one that was, also by another instance a moment ago. Then the batch looks.
async fn store(context: &BatchContext, jobs: &[Job]) -> std::result::Result<Stored, Failure> {
    match store_batch(context, jobs, context.repeats.are_likely()).await {
        Err(Failure {
            error: RepositoryError::Conflict { constraint: Constraint::MessageClientId }, ..
        }) => {
            context.repeats.came();
            store_batch(context, jobs, true).await
        }
        outcome => outcome,
    }
}

async fn store_batch(
    context: &BatchContext,
    jobs: &[Job],
    repeats_are_likely: bool,
) -> std::result::Result<Stored, Failure> {
    let mut work = context.store.begin().await?;
    let known = look_up(&mut *work, jobs, repeats_are_likely).await?;
    if !known.originals.is_empty() {
        context.repeats.came();
    }
    let (mut verdicts, accepted) = judge(jobs, &known);
    let mut direct = Vec::new();
    let mut messages = Vec::with_capacity(accepted.values().map(Vec::len).sum());
    let mut all_replied = Vec::new();
    let now = context.clock.now();
    let rooms = raise(&mut *work, jobs, accepted, &known).await?;
    for Raised { room_id, indexes, replied, counters } in rooms {
        // Deleted between our look and our write.
        let Some(counters) = counters else {
            indexes.iter().for_each(|index| verdicts[*index] = Verdict::Refused(Error::NotFound("room")));
            continue;
        };
        let (count, changed) = (number_of(&indexes), number_of(&replied));
        all_replied.extend(give_versions(replied, counters.version));
        let counters = Counters { version: counters.version.back(changed), ..counters };
        if let Some(DirectRoom { users, .. }) = known.direct_rooms.get(&room_id) {
            let (_, version) = place(counters, count, 0);
            direct.push(DirectActivity { room_id, users: *users, version });
        }
        for (offset, index) in (0..count).zip(indexes) {
            let (seq, version) = place(counters, count, offset);
            let job = &jobs[index];
            let root = job.draft.parent_id().and_then(|id| known.parents.get(&id));
            let draft = job.draft.clone().reply_to(root.map(|root| root.id));
            let message = draft.place(Placement {
                id: MessageId::new(context.ids.next()),
                room_id,
                seq,
                version,
                sender_id: job.sender_id,
                created_at: now,
            });
            if let Some(sender) = known.senders.get(&(room_id, job.sender_id)) {
                verdicts[index] = Verdict::New(messages.len());
                let mut view = SentMessage::new(message, sender.clone());
                known.meant.apply(&mut view, job.draft.mentions());
                messages.push(view);
            }
        }
    }
    if messages.is_empty() {
        return Ok(Stored { messages, replied: Vec::new(), verdicts, direct });
    }
    let mentions = mentions::stored(&messages);
    let messages = insert(&mut *work, messages).await?;
    if !mentions.is_empty() {
        work.mentions().insert(&mentions).await?;
    }
    let replied = if all_replied.is_empty() {
        Vec::new()
    } else {
        note_replies(&mut *work, &all_replied, &messages, now).await?
    };
    work.commit().await.map_err(|error| Failure { error, committing: true })?;
    Ok(Stored { messages, replied, verdicts, direct })
}

/// Stores messages, as rows for as long as that takes: none is copied for it.
async fn insert(
    work: &mut dyn UnitOfWork,
    messages: Vec<SentMessage>,
) -> std::result::Result<Vec<SentMessage>, RepositoryError> {
    let parts = |SentMessage { message, sender, mentions, .. }| (message, (sender, mentions));
    let (rows, people): (Vec<_>, Vec<_>) = messages.into_iter().map(parts).unzip();
    work.messages().insert(&rows).await?;
    let whole = |(message, (sender, mentions))| SentMessage { mentions, ..SentMessage::new(message, sender) };
    Ok(rows.into_iter().zip(people).map(whole).collect())
}

/// A room of a batch, with place for what is said there.
struct Raised {
    room_id: RoomId,
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
) -> std::result::Result<Vec<Raised>, RepositoryError> {
    if accepted.is_empty() {
        return Ok(Vec::new());
    }
    let room = |(room_id, indexes): (RoomId, Vec<usize>)| {
        let replied = replied(jobs, &indexes, &known.parents);
        Raised { room_id, indexes, replied, counters: None }
    };
    let mut rooms: Vec<_> = accepted.into_iter().map(room).collect();
    let advance = |room: &Raised| {
        let messages = number_of(&room.indexes);
        Advance { room_id: room.room_id, messages, changes: messages + number_of(&room.replied) }
    };
    let advances: Vec<_> = rooms.iter().map(advance).collect();
    let counters: HashMap<_, _> = work.rooms().advance_many(&advances).await?.into_iter().collect();
    rooms.iter_mut().for_each(|room| room.counters = counters.get(&room.room_id).copied());
    Ok(rooms)
}

fn number_of<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

fn place(counters: Counters, count: i64, offset: i64) -> (Seq, Version) {
    let back = count - 1 - offset;
    (counters.last_seq.back(back), counters.version.back(back))
}

/// Resolves every sender, then tells everybody: an `ack` comes no later than the message.
fn tell(context: &BatchContext, jobs: Vec<Job>, stored: Stored) {
    let Stored { messages, replied, verdicts, direct } = stored;
    let places: Vec<Option<usize>> = verdicts
        .iter()
        .map(|verdict| if let Verdict::New(place) = verdict { Some(*place) } else { None })
        .collect();
    for (job, verdict) in jobs.into_iter().zip(verdicts) {
        match verdict {
            Verdict::New(place) => job.complete(Ok(Acknowledged::new(&messages[place]))),
            Verdict::Original(view) => job.complete(Ok(Acknowledged::again(&view))),
            Verdict::SameAs(sibling) => job.complete(match places[sibling] {
                Some(place) => Ok(Acknowledged::again(&messages[place])),
                None => Err(Error::NotFound("room")),
            }),
            Verdict::Refused(error) => job.complete(Err(error)),
        }
    }
    for view in messages {
        context.bus.publish(Event::Room(RoomEvent::posted(view)));
    }
    for view in replied {
        context.bus.publish(Event::Room(RoomEvent::changed(view)));
    }
    for activity in direct {
        context.bus.publish(Event::Direct(activity));
    }
}
