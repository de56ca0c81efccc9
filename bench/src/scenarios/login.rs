//! Logins as fast as they are answered, at an honest cost of hashing: alone, and then while others talk.

use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
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

/// How long each login took, in microseconds.
struct Times(Mutex<Histogram<u64>>);

impl Times {
    fn new() -> Result<Self, Failure> {
        Ok(Self(Mutex::new(Histogram::new_with_bounds(1, 60_000_000, 3)?)))
    }

    fn get(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Users log in again and again: first nothing else happens, and then members of a room talk at a fixed rate.
pub(super) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    shape: Shape,
) -> Result<Outcome, Failure> {
    let alone = alone(server, seats, shape).await?;
    let (times, addresses, begin) = (Times::new()?, server.addresses.clone(), Instant::now());
    let flood = flood(&addresses, seats, None, &times);
    let talk = talk::run_beside(peer, server, seats, shape, flood).await?;
    // The flood begins while members connect and ends when their last message has come.
    let rate = times.get().len() as f64 / seconds(begin.elapsed());
    // What the members of the room have felt of it is one figure; what they have lost makes the run not count.
    let messages = talk.figure("p99_ms").unwrap_or_default();
    Ok(Outcome { faults: talk.faults, one_order: talk.one_order, ..alone }
        .with("message_p99_ms", messages)
        .with("logins_per_second_meanwhile", rate))
}

/// Between the two readings there are logins and nothing else, and each of them whole.
async fn alone(server: &Server, seats: &[Seat], shape: Shape) -> Result<Outcome, Failure> {
    let (warm_up, times) = (Times::new()?, Times::new()?);
    flood(&server.addresses, seats, Some(Instant::now() + shape.warm_up), &warm_up).await?;
    let hash_before = hash_alone()?;
    let (before, begin) = (server.reading(), Instant::now());
    flood(&server.addresses, seats, Some(begin + shape.measured), &times).await?;
    let lasted = seconds(begin.elapsed());
    let cores = before.cores_until(server.reading());
    let hash = f64::midpoint(hash_before, hash_alone()?);
    let times = times.get();
    let rate = times.len() as f64 / lasted;
    let each = |cores: f64| cores * 1_000.0 / rate.max(f64::EPSILON);
    let everything = each(cores.server + cores.database + cores.redis);
    Ok(Outcome { cores, ..Outcome::default() }
        .with("processor_ms_per_login", everything)
        .with("server_ms_per_login", each(cores.server))
        .with("hash_ms", hash)
        .with("hash_share", hash / everything.max(f64::EPSILON))
        .with("logins_per_second", rate)
        .with("login_p50_ms", times.value_at_quantile(0.5) as f64 / 1_000.0)
        .with("login_p99_ms", times.value_at_quantile(0.99) as f64 / 1_000.0))
}

/// Logs in from several connections; at `end` each one comes to the end of its last login.
async fn flood(
    addresses: &[SocketAddr],
    seats: &[Seat],
    end: Option<Instant>,
    times: &Times,
) -> Result<(), Failure> {
    let workers = (0..CONNECTIONS).map(|worker| async move {
        let mut http = Http::connect(addresses[worker % addresses.len()]).await?;
        loop {
            let asked = Instant::now();
            if end.is_some_and(|end| asked >= end) {
                return Ok::<_, Failure>(());
            }
            log_in(&mut http, &seats[worker % seats.len()].username).await?;
            let taken = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
            times.get().saturating_record(taken);
        }
    });
    try_join_all(workers).await.map(drop)
}

fn seconds(lasted: Duration) -> f64 {
    lasted.max(Duration::from_millis(1)).as_secs_f64()
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
