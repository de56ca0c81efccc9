//! Moving cursors for many members by one commit. Nobody waits longer for that than for the commit before, and what was
//! moved is there once it is answered.

use std::{sync::Arc, time::Duration};

use plaza_domain::{ReadMark, RepositoryError, RoomId, Seq, Store, Timestamp, UnitOfWork, UserId};
use tokio::{sync::oneshot, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Error, Result, lanes::Lanes, receipts::REMEMBERED_READS};

/// How long one transaction may take: a network that swallows everything must not hold up a lane for good.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);

/// How far a cursor is to be moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    /// What a client holds.
    Delivered(Seq),
    /// What was read.
    Read {
        /// From where, as far as is known.
        after_seq: Seq,
        /// To where.
        seq: Seq,
        /// When, if that is to be written down.
        noted_at: Option<Timestamp>,
    },
}

/// The cursors that one user moves, in one transaction.
struct Job {
    user_id: UserId,
    moves: Vec<(RoomId, Move)>,
    /// Takes whether one of them was behind.
    answer: oneshot::Sender<Result<bool>>,
}

/// The lanes in which cursors are moved. A user always uses the same lane of an instance.
pub(super) struct Cursors {
    lanes: Lanes<Job>,
}

impl Cursors {
    pub(super) fn start(
        store: &Arc<dyn Store>,
        lanes: usize,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let store = Arc::clone(store);
        let advance = move |jobs| advance_batch(Arc::clone(&store), jobs);
        Self { lanes: Lanes::start(lanes, tracker, shutdown, advance) }
    }

    /// Moves a user's cursors forward, never back, all or none of them; false when all were there already.
    pub(super) async fn advance(&self, user_id: UserId, moves: Vec<(RoomId, Move)>) -> Result<bool> {
        let (answer, moved) = oneshot::channel();
        self.lanes.submit(user_id, Job { user_id, moves, answer }).map_err(|(_, refused)| refused)?;
        moved.await.unwrap_or_else(|gone| Err(Error::Unavailable(gone.into())))
    }
}

async fn advance_batch(store: Arc<dyn Store>, jobs: Vec<Job>) {
    match advance_in_time(&*store, &jobs).await {
        Ok(moved) => jobs.into_iter().zip(moved).for_each(|(job, moved)| answer(job, Ok(moved))),
        Err(error) => {
            tracing::warn!(error = ?error, "cursors could not be moved");
            let refusal = || Error::Unavailable("the cursor could not be moved".into());
            jobs.into_iter().for_each(|job| answer(job, Err(refusal())));
        }
    }
}

/// Who asked may be gone: their cursors are moved all the same.
fn answer(job: Job, moved: Result<bool>) {
    drop(job.answer.send(moved));
}

async fn advance_in_time(store: &dyn Store, jobs: &[Job]) -> std::result::Result<Vec<bool>, RepositoryError> {
    let advanced = timeout(BATCH_TIMEOUT, advance_all(store, jobs)).await;
    advanced.unwrap_or_else(|too_slow| Err(RepositoryError::Unavailable(too_slow.into())))
}

/// One transaction. Rows are moved in one order, so that no two transactions wait for each other's.
async fn advance_all(store: &dyn Store, jobs: &[Job]) -> std::result::Result<Vec<bool>, RepositoryError> {
    let mut moves: Vec<_> = (0..)
        .zip(jobs)
        .flat_map(|(index, job)| {
            job.moves.iter().map(move |(room_id, by)| (*room_id, job.user_id, index, *by))
        })
        .collect();
    moves.sort_by_key(|(room_id, user_id, ..)| (*room_id, *user_id));
    let mut moved = vec![false; jobs.len()];
    let mut work = store.begin().await?;
    for (room_id, user_id, index, by) in moves {
        moved[index] |= advance(&mut *work, room_id, user_id, by).await?;
    }
    work.commit().await?;
    Ok(moved)
}

async fn advance(
    work: &mut dyn UnitOfWork,
    room_id: RoomId,
    user_id: UserId,
    by: Move,
) -> std::result::Result<bool, RepositoryError> {
    let (after_seq, seq, noted_at) = match by {
        Move::Delivered(seq) => return work.members().advance_delivered(room_id, user_id, seq).await,
        Move::Read { after_seq, seq, noted_at } => (after_seq, seq, noted_at),
    };
    let moved = work.members().advance_read(room_id, user_id, seq).await?;
    if let Some(read_at) = noted_at.filter(|_| moved) {
        work.receipts().insert_mark(&ReadMark { room_id, user_id, after_seq, seq, read_at }).await?;
        let forgotten = seq.back(REMEMBERED_READS);
        if forgotten > Seq::ZERO {
            work.receipts().delete_marks(room_id, user_id, forgotten).await?;
        }
    }
    Ok(moved)
}
