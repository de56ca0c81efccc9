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
    peers::{Peer, Server},
    report::Outcome,
    stage::{self, log_in},
    wire::Http,
};

/// bcrypt's cost: about 50 ms of a processor.
pub(super) const HASH: u32 = 10;
const CONNECTIONS: usize = 16;

/// Members of a room talk at a fixed rate; beside them, the same users log in again and again.
pub(super) async fn run(peer: &dyn Peer, server: &mut Server, shape: Shape) -> Result<Outcome, Failure> {
    let seats = stage::set(peer, &server.addresses, shape.rooms, shape.members).await?;
    let times = Mutex::new(Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?);
    let addresses = server.addresses.clone();
    let begin = Instant::now();
    let flood = async {
        let workers = (0..CONNECTIONS).map(|worker| {
            let (seats, addresses, times) = (&seats, &addresses, &times);
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
    let outcome = talk::run_beside(peer, server, shape, &seats, flood).await?;
    // The flood begins while members connect and ends when their last message has come.
    let lasted = begin.elapsed().max(Duration::from_millis(1)).as_secs_f64();
    let times = times.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = times.len() as f64 / lasted;
    let processor = outcome.cores.server * 1_000.0 / rate.max(f64::EPSILON);
    // What the members of the room have felt of it is one figure.
    let messages = outcome.figure("p99_ms").unwrap_or_default();
    Ok(outcome
        .with("message_p99_ms", messages)
        .with("processor_ms_per_login", processor)
        .with("logins_per_second", rate)
        .with("login_p50_ms", times.value_at_quantile(0.5) as f64 / 1_000.0)
        .with("login_p99_ms", times.value_at_quantile(0.99) as f64 / 1_000.0))
}
