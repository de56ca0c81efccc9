//! Pages of long histories, from anywhere in them.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use hdrhistogram::Histogram;
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::{Scale, latencies};
use crate::{
    Failure,
    peers::{Peer, Server},
    report::{Cores, Outcome},
    stage::Seat,
    wire::Http,
};

const CONNECTIONS: usize = 32;
const PAGE: usize = 50;

/// Gives each room its history.
pub(super) fn fill(peer: &dyn Peer, server: &Server, seats: &[Seat], scale: &Scale) -> Result<(), Failure> {
    seats.iter().zip(&scale.histories).try_for_each(|(seat, length)| server.fill(peer, seat, *length))
}

/// One room after another; the last one is the longest, and its figures are those that are compared.
pub(super) async fn run(server: &mut Server, seats: &[Seat], scale: &Scale) -> Result<Outcome, Failure> {
    let (mut outcome, mut rates) = (Outcome::default(), Vec::new());
    for (seat, length) in seats.iter().zip(&scale.histories) {
        let (rate, times, cores) = read(server, seat, *length, scale).await?;
        rates.push(rate);
        outcome = latencies(outcome, &times)
            .with("pages_per_second", rate)
            .with(&format!("pages_per_second_of_{length}"), rate)
            .with(&format!("p99_ms_of_{length}"), times.value_at_quantile(0.99) as f64 / 1_000.0);
        outcome.cores = cores;
    }
    server.check()?;
    // 1 when pages of the longest one are read as fast as those of the shortest one.
    let flatness = rates.first().zip(rates.last()).map_or(1.0, |(short, long)| long / short);
    Ok(outcome.with("flatness", flatness))
}

/// The place of a room's newest message.
async fn newest(server: &Server, seat: &Seat) -> Result<u64, Failure> {
    let mut http = Http::connect(server.addresses[0]).await?;
    let path = format!("/api/v1/rooms/{}/messages?limit=1", seat.room_id);
    let (_, bytes) = http.ask(Method::GET, &path, &seat.token, None).await?;
    let page: Value = serde_json::from_slice(&bytes)?;
    let seq = page.pointer("/items/0/seq").and_then(Value::as_u64);
    Ok(seq.ok_or_else(|| format!("a room without messages: {page}"))?)
}

async fn read(
    server: &Server,
    seat: &Seat,
    length: u64,
    scale: &Scale,
) -> Result<(f64, Histogram<u64>, Cores), Failure> {
    let newest = newest(server, seat).await?;
    let pages = newest.saturating_sub(length) + 1 + PAGE as u64..newest + 1;
    let times = Mutex::new(Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?);
    let from = Instant::now() + scale.warm_up;
    let end = from + scale.measured;
    let workers = (0..CONNECTIONS).map(|worker| {
        let (times, pages) = (&times, pages.clone());
        async move {
            let mut http = Http::connect(server.addresses[worker % server.addresses.len()]).await?;
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return Ok::<_, Failure>(());
                }
                let before = fastrand::u64(pages.clone());
                let path = format!("/api/v1/rooms/{}/messages?limit={PAGE}&before={before}", seat.room_id);
                let (status, bytes) = http.ask(Method::GET, &path, &seat.token, None).await?;
                let messages = memchr::memmem::find_iter(&bytes, br#""sender""#).count();
                if status != StatusCode::OK || messages != PAGE {
                    let said = String::from_utf8_lossy(&bytes);
                    return Err(format!("{status} and {messages} messages of {PAGE}: {said}").into());
                }
                if asked >= from {
                    let taken = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                    times.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(taken);
                }
            }
        }
    });
    let watching = async {
        tokio::time::sleep_until(from.into()).await;
        let before = server.reading();
        tokio::time::sleep_until((end - Duration::from_millis(100)).into()).await;
        Ok(before.cores_until(server.reading()))
    };
    let (_, cores) = futures::future::try_join(try_join_all(workers), watching).await?;
    let times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((times.len() as f64 / scale.measured.as_secs_f64(), times, cores))
}
