//! Members of rooms who talk: as fast as they get through, or so many messages a second.

mod ledger;
mod member;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::try_join_all;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use self::{
    ledger::Ledger,
    member::{Member, Post},
};
use crate::{
    Failure,
    machine::wait::until,
    peers::{Peer, Server},
    report::Outcome,
    stage::Seat,
    wire::connect,
};

/// How many connect at once.
const AT_ONCE: usize = 32;
const BUFFER: usize = 32 * 1024;
/// From the last connection to the first message.
const SETTLE: Duration = Duration::from_millis(300);
/// How long nothing may arrive before what is under way counts as lost.
const SILENCE: Duration = Duration::from_secs(10);
/// How long all of it may take: who cannot hold a rate has a queue when the messages end.
const DRAIN: Duration = Duration::from_secs(120);

/// When senders post.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// As soon as fewer than so many of their own messages have not come back to them.
    Window(u32),
    /// So many a second, all senders together, whatever comes back when.
    Rate(f64),
}

/// Who talks, where, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rooms: usize,
    /// In each room.
    pub(crate) members: usize,
    /// Of all rooms together.
    pub(crate) senders: usize,
    pub(crate) load: Load,
    /// The length of a message, in bytes.
    pub(crate) body: usize,
    /// Not measured.
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// From the first message to the last.
#[derive(Clone, Copy, Debug)]
struct Span {
    begin: Instant,
    end: Instant,
}

/// What all members of a run know.
struct Run {
    shape: Shape,
    epoch: Instant,
    /// When messages are posted, as soon as everybody is there.
    begun: watch::Receiver<Option<Span>>,
    ledger: Mutex<Ledger>,
}

impl Run {
    /// Since the epoch, in microseconds.
    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX)
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        // A member that fails ends the run.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until everything has arrived, or nothing more does.
async fn drain(run: &Run) -> Result<(), Failure> {
    let mut last = (run.ledger().arrived(), Instant::now());
    let drained = until(DRAIN, || {
        let ledger = run.ledger();
        if ledger.arrived() > last.0 {
            last = (ledger.arrived(), Instant::now());
        }
        let is_over = ledger.is_complete() || last.1.elapsed() > SILENCE;
        async move { if is_over { Ok(()) } else { Err("messages are still on the way".into()) } }
    });
    drained.await
}

/// Lets members talk.
pub(crate) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    shape: Shape,
) -> Result<Outcome, Failure> {
    run_beside(peer, server, seats, shape, std::future::pending()).await
}

/// Lets members talk while something else goes on, which ends with them.
pub(crate) async fn run_beside(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    shape: Shape,
    beside: impl Future<Output = Result<(), Failure>>,
) -> Result<Outcome, Failure> {
    let (begin, begun) = watch::channel(None);
    let epoch = Instant::now();
    let run = Arc::new(Run { shape, epoch, begun, ledger: Mutex::new(Ledger::new(shape)?) });
    let mut members = JoinSet::new();
    for (chunk, seats) in seats.chunks(AT_ONCE).enumerate() {
        let connecting = seats.iter().enumerate().map(|(place, seat)| {
            let number = chunk * AT_ONCE + place;
            let address = server.addresses[number % server.addresses.len()];
            let run = Arc::clone(&run);
            async move {
                let socket = connect(address, peer.dialect(), seat, BUFFER).await?;
                let post = Post::of(number, shape);
                Ok::<_, Failure>(Member::new(run, number, socket, seat.clone(), peer.dialect(), post))
            }
        });
        for member in try_join_all(connecting).await? {
            members.spawn(member.talk());
        }
    }
    let from = Instant::now() + SETTLE + shape.warm_up;
    let end = from + shape.measured;
    run.ledger().measured = run.micros(from)..run.micros(end);
    begin.send_replace(Some(Span { begin: from - shape.warm_up, end }));
    let measuring = async {
        sleep_until(from).await;
        let before = server.reading();
        sleep_until(end).await;
        let cores = before.cores_until(server.reading());
        drain(&run).await?;
        Ok::<_, Failure>(cores)
    };
    let measured = tokio::select! {
        measured = measuring => measured,
        Some(ended) = members.join_next() => Err(ended?.err().unwrap_or_else(|| "a member has left".into())),
        ended = beside => Err(ended.err().unwrap_or_else(|| "what went on beside has ended".into())),
    };
    members.shutdown().await;
    server.check()?;
    let cores = measured.map_err(|failure| format!("{failure}\n{}", server.said()))?;
    let ledger = run.ledger();
    Ok(Outcome { cores, ..ledger.outcome(shape.measured) })
}
