//! Everybody loses the connection at once, something is said meanwhile, and everybody comes back and resumes.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Failure,
    peers::Server,
    report::{Faults, Outcome},
    stage::Seat,
    wire::{Http, PLAZA, Socket, connect, connect_to_all},
};

pub(super) const MEMBERS: usize = 10;
const AT_ONCE: usize = 64;
const BUFFER: usize = 4 * 1024;
/// What each room says while nobody is there.
const MISSED: u64 = 5;
/// How long the server has to notice that they are gone.
const SETTLE: Duration = Duration::from_secs(2);
const RETURN: Duration = Duration::from_secs(60);

/// Plaza only: the others have nothing to resume with.
pub(super) async fn run(server: &mut Server, seats: &[Seat]) -> Result<Outcome, Failure> {
    let mut versions = Vec::with_capacity(seats.len());
    let mut sockets = Vec::with_capacity(seats.len());
    for seats in seats.chunks(AT_ONCE) {
        let connecting = seats.iter().map(|seat| connect(server.addresses[0], PLAZA, seat, BUFFER));
        sockets.extend(try_join_all(connecting).await?);
    }
    let mut http = Http::connect(server.addresses[0]).await?;
    for room in seats.chunks(MEMBERS) {
        let version = version(&mut http, &room[0]).await?;
        versions.extend(room.iter().map(|_| version));
    }
    drop(sockets);
    for room in seats.chunks(MEMBERS) {
        let path = format!("/api/v1/rooms/{}/messages", room[0].room_id);
        for number in 0..MISSED {
            let content = json!({ "content": format!("missed{number}") });
            http.post(&path, &room[0].token, Some(&content)).await?;
        }
    }
    sleep(SETTLE).await;
    let before = server.reading();
    let begin = Instant::now();
    let address = server.addresses[0];
    let returning = seats.iter().zip(&versions).map(|(seat, since)| async move {
        let mut socket = connect_to_all(address, seat, BUFFER).await?;
        let heard = resume(&mut socket, seat, *since).await?;
        Ok::<_, Failure>((socket, heard))
    });
    let back = timeout(RETURN, try_join_all(returning)).await??;
    let lasted = begin.elapsed();
    let cores = before.cores_until(server.reading());
    let lost = back.iter().map(|(_, heard)| MISSED.saturating_sub(*heard)).sum();
    let duplicated = back.iter().map(|(_, heard)| heard.saturating_sub(MISSED)).sum();
    server.check()?;
    Ok(Outcome { cores, faults: Faults { lost, duplicated, reordered: 0 }, ..Outcome::default() }
        .with("connections", seats.len() as f64)
        .with("seconds_until_synced", lasted.as_secs_f64()))
}

/// How far a room is.
async fn version(http: &mut Http, seat: &Seat) -> Result<u64, Failure> {
    let path = format!("/api/v1/rooms/{}", seat.room_id);
    let (_, bytes) = http.ask(hyper::Method::GET, &path, &seat.token, None).await?;
    let room: Value = serde_json::from_slice(&bytes)?;
    Ok(room["version"].as_u64().ok_or_else(|| format!("no version in {room}"))?)
}

/// Follows a room from a version on, and counts the messages that come until all is told.
async fn resume(socket: &mut Socket, seat: &Seat, since: u64) -> Result<u64, Failure> {
    let rooms = json!([{ "room_id": seat.room_id, "since": since }]);
    socket.say(&json!({ "type": "subscribe", "rooms": rooms }).to_string())?;
    socket.flush().await?;
    let mut heard = 0;
    loop {
        while let Some(frame) = socket.next()? {
            let says = |words: &str| memchr::memmem::find(frame, words.as_bytes()).is_some();
            if says(r#""type":"synced""#) {
                return Ok(heard);
            } else if says(r#""type":"reset""#) {
                return Err("a client was told to begin anew".into());
            } else if says("missed") {
                heard += 1;
            }
        }
        socket.receive().await?;
    }
}
