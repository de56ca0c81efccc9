//! A batch of messages, of any rooms and senders: what is done when it cannot be stored, and who learns of it when it is.

use std::{sync::Arc, time::Duration};

use plaza_domain::{Clock, IdGenerator, RepositoryError, Store, repository::Constraint};
use tokio::time::timeout;

use super::{
    Acknowledged, RecentSenders,
    committer::Job,
    repeats::Repeats,
    storing::{Failure, Look, Stored, store_batch},
    verdicts::Verdict,
};
use crate::{
    Error,
    events::{Event, RoomEvent},
    ports::EventBus,
};

/// What storing messages needs.
pub(super) struct BatchContext {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) repeats: Repeats,
    pub(super) recent: Arc<RecentSenders>,
}

/// How long one transaction may take: a network that swallows everything must not hold up a room for good.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);

/// Drafts for rooms that have changed since it was found out who may post there.
#[derive(Default)]
struct Overtaken {
    jobs: Vec<Job>,
    /// That was remembered, and not looked up.
    is_recalled: bool,
}

/// Stores a batch. What is said in rooms that have changed since it was found out who may post there is stored by another
/// one. It looks, if that was remembered, and at last it locks the rooms first, so that it is enough; the next batch of the
/// lane waits for all of them.
pub(super) async fn post_batch(context: &BatchContext, jobs: Vec<Job>) {
    let mut overtaken = post(context, jobs, Look::IfNeeded).await;
    if overtaken.is_recalled && !overtaken.jobs.is_empty() {
        overtaken = post(context, overtaken.jobs, Look::Again).await;
    }
    if overtaken.jobs.is_empty() {
        return;
    }
    for job in post(context, overtaken.jobs, Look::Locked).await.jobs {
        job.complete(Err(Error::NotFound("room")));
    }
}

/// Stores a batch, and gives back what has to be looked at again. When it breaks a rule, its drafts are tried one by one:
/// a bad one never fails its neighbours. When the database does not answer, the batch is tried once more as a whole –
/// but for the nameless sends of a write that may have been done – and then refused: one by one, each draft would wait as
/// long.
async fn post(context: &BatchContext, jobs: Vec<Job>, look: Look) -> Overtaken {
    let failure = match store_in_time(context, &jobs, look).await {
        Ok(stored) => return tell(context, jobs, stored),
        Err(failure) => failure,
    };
    let jobs = if failure.committing { keep_named(jobs, &failure) } else { jobs };
    tracing::debug!(batch.size = jobs.len(), error = ?failure.error, "a batch failed; trying again");
    if matches!(failure.error, RepositoryError::Unavailable(_)) {
        // Other connections may be broken, too: it is better when a look finds that than a write that may have been done.
        context.recent.forget_users();
        return match store_in_time(context, &jobs, look).await {
            Ok(stored) => tell(context, jobs, stored),
            Err(failure) => {
                jobs.into_iter().for_each(|job| job.complete(Err(unavailable(&failure))));
                Overtaken::default()
            }
        };
    }
    let mut overtaken = Overtaken::default();
    for job in jobs {
        let jobs = [job];
        // None is put off: the next one would overtake it.
        let outcome = store_in_time(context, &jobs, Look::Locked).await;
        let [job] = jobs;
        match outcome {
            Ok(stored) => overtaken.jobs.extend(tell(context, vec![job], stored).jobs),
            Err(failure) => job.complete(Err(unavailable(&failure))),
        }
    }
    overtaken
}

/// A send without a name cannot be recognised: when its commit may have happened, it is not repeated.
fn keep_named(jobs: Vec<Job>, failure: &Failure) -> Vec<Job> {
    let (named, nameless): (Vec<_>, Vec<_>) =
        jobs.into_iter().partition(|job| job.draft.client_id().is_some());
    nameless.into_iter().for_each(|job| job.complete(Err(unavailable(failure))));
    named
}

/// A transaction that was given up may have been committed all the same.
async fn store_in_time(
    context: &BatchContext,
    jobs: &[Job],
    look: Look,
) -> std::result::Result<Stored, Failure> {
    if jobs.is_empty() {
        return Ok(Stored::default());
    }
    timeout(BATCH_TIMEOUT, store(context, jobs, look)).await.unwrap_or_else(|too_slow| {
        Err(Failure { error: RepositoryError::Unavailable(too_slow.into()), committing: true })
    })
}

fn unavailable(failure: &Failure) -> Error {
    tracing::warn!(error = ?failure.error, "a message could not be stored");
    Error::Unavailable("the message could not be stored".into())
}

/// Stores a batch without looking for what was stored before, as long as nobody repeats their sends: the index of client
/// ids refuses one that was, also by another instance a moment ago. Then the batch looks.
async fn store(context: &BatchContext, jobs: &[Job], look: Look) -> std::result::Result<Stored, Failure> {
    match store_batch(context, jobs, look, context.repeats.are_likely()).await {
        Err(Failure {
            error: RepositoryError::Conflict { constraint: Constraint::MessageClientId }, ..
        }) => {
            context.repeats.came();
            store_batch(context, jobs, look, true).await
        }
        outcome => outcome,
    }
}

/// Resolves every sender, then tells everybody: an `ack` comes no later than the message. Gives back what has to be looked
/// at again.
fn tell(context: &BatchContext, jobs: Vec<Job>, stored: Stored) -> Overtaken {
    let Stored { messages, replied, verdicts, direct, is_recalled } = stored;
    let places: Vec<Option<usize>> = verdicts
        .iter()
        .map(|verdict| if let Verdict::New(place) = verdict { Some(*place) } else { None })
        .collect();
    let mut overtaken = Overtaken { jobs: Vec::new(), is_recalled };
    for (job, verdict) in jobs.into_iter().zip(verdicts) {
        match verdict {
            Verdict::New(place) => job.complete(Ok(Acknowledged::new(&messages[place]))),
            Verdict::Original(view) => job.complete(Ok(Acknowledged::again(&view))),
            Verdict::SameAs(sibling) => match places[sibling] {
                Some(place) => job.complete(Ok(Acknowledged::again(&messages[place]))),
                None => overtaken.jobs.push(job),
            },
            Verdict::Refused(error) => job.complete(Err(error)),
            Verdict::Overtaken => {
                context.recent.forget_room(job.room_id);
                overtaken.jobs.push(job);
            }
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
    overtaken
}
