//! Logins as fast as they are answered, at an honest cost of hashing, while others talk.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use hdrhistogram::Histogram;

use super::talk::{self, Shape};
use crate::{
    Failure,
    machine::usage::own_processor_time,
    peers::{Peer, Server},
    report::Outcome,
    stage::{PASSWORD, Seat, log_in},
    wire::Http,
};

/// bcrypt's cost: about 50 ms of a processor.
pub(super) const HASH: u32 = 10;
const CONNECTIONS: usize = 16;
/// How many are timed by themselves on each of two processors.
const HASHES: u32 = 10;

/// Members of a room talk at a fixed rate; beside them, the same users log in again and again.
pub(super) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    shape: Shape,
) -> Result<Outcome, Failure> {
    let hash = hash_alone()?;
    let times = Mutex::new(Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?);
    let addresses = server.addresses.clone();
    let begin = Instant::now();
    let flood = async {
        let workers = (0..CONNECTIONS).map(|worker| {
            let (seats, addresses, times) = (seats, &addresses, &times);
            async move {
                let mut http = Http::connect(addresses[worker % addresses.len()]).await?;
                loop {
                    let asked = Instant::now();
                    log_in(&mut http, &seats[worker % seats.len()].username).await?;
                    let taken = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                    times.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(taken);
                }
            }
        });
        try_join_all(workers).await.map(|never: Vec<()>| drop(never))
    };
    let outcome = talk::run_beside(peer, server, seats, shape, flood).await?;
    // The flood begins while members connect and ends when their last message has come.
    let lasted = begin.elapsed().max(Duration::from_millis(1)).as_secs_f64();
    let times = times.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = times.len() as f64 / lasted;
    let each = |cores: f64| cores * 1_000.0 / rate.max(f64::EPSILON);
    let processor = each(outcome.cores.server);
    let everything = each(outcome.cores.server + outcome.cores.database + outcome.cores.redis);
    // What the members of the room have felt of it is one figure.
    let messages = outcome.figure("p99_ms").unwrap_or_default();
    Ok(outcome
        .with("message_p99_ms", messages)
        .with("processor_ms_per_login", processor)
        .with("hash_ms", hash)
        .with("hash_share", hash / everything.max(f64::EPSILON))
        .with("logins_per_second", rate)
        .with("login_p50_ms", times.value_at_quantile(0.5) as f64 / 1_000.0)
        .with("login_p99_ms", times.value_at_quantile(0.99) as f64 / 1_000.0))
}

/// What the hash of a password takes when nothing else is done, in milliseconds of a processor. Two processors hash, as
/// they do during the flood: one alone may be faster.
fn hash_alone() -> Result<f64, Failure> {
    let hash = || (0..HASHES).try_for_each(|_| bcrypt::hash(PASSWORD, HASH).map(drop));
    let before = own_processor_time();
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(hash);
        (hash(), other.join())
    });
    one?;
    other.map_err(|_| "hashing has failed")??;
    let taken = own_processor_time().saturating_sub(before);
    Ok(taken.as_secs_f64() * 1_000.0 / f64::from(2 * HASHES))
}
