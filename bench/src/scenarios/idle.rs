//! Connections that only say that they are there: what each costs in memory, and all together in processor time.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::{
    task::JoinSet,
    time::{Instant, interval_at, sleep},
};

use super::Scale;
use crate::{
    Failure,
    peers::{Peer, Server},
    report::Outcome,
    stage::Seat,
    wire::{Dialect, Socket, connect},
};

pub(super) const MEMBERS: usize = 10;
const AT_ONCE: usize = 64;
const BUFFER: usize = 1_024;
/// After a start, and after the last connection.
const SETTLE: Duration = Duration::from_secs(3);
/// Well within the 25 s that Plaza asks for.
const BEAT: Duration = Duration::from_secs(20);

/// Rooms of ten; everybody is connected to theirs.
pub(super) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    scale: &Scale,
) -> Result<Outcome, Failure> {
    // What it has needed to set the stage, or for the run before, it would use again for the connections.
    server.restart().await?;
    sleep(SETTLE).await;
    let empty = server.memory();
    let begin = Instant::now();
    let mut connections = JoinSet::new();
    let mut begun_anew = 0;
    for (chunk, seats) in seats.chunks(AT_ONCE).enumerate() {
        let connecting = seats.iter().enumerate().map(|(number, seat)| {
            let address = server.addresses[(chunk * AT_ONCE + number) % server.addresses.len()];
            connect(address, peer.dialect(), seat, BUFFER)
        });
        for socket in try_join_all(connecting).await? {
            begun_anew += socket.begun_anew();
            connections.spawn(stay(socket, peer.dialect()));
        }
    }
    let connected = begin.elapsed();
    let watching = async {
        sleep(SETTLE).await;
        let before = server.reading();
        sleep(scale.idle).await;
        (before.cores_until(server.reading()), server.memory())
    };
    let (cores, full) = tokio::select! {
        watched = watching => watched,
        Some(ended) = connections.join_next() => {
            let failure = ended?.err().unwrap_or_else(|| "a connection has ended".into());
            return Err(format!("{failure}\n{}", server.said()).into());
        }
    };
    connections.shutdown().await;
    server.check()?;
    let each = full.saturating_sub(empty) as f64 / seats.len() as f64 / 1_024.0;
    Ok(Outcome { cores, ..Outcome::default() }
        .with("kib_per_connection", each)
        .with("connections", seats.len() as f64)
        .with("handshakes_begun_anew", begun_anew.into())
        .with("empty_mib", empty as f64 / 1_024.0 / 1_024.0)
        .with("connects_per_second", seats.len() as f64 / connected.as_secs_f64()))
}

/// Says that it is there, and answers who asks, until it is ended from outside.
async fn stay(mut socket: Socket, dialect: &'static dyn Dialect) -> Result<(), Failure> {
    // Everybody has said it once before anything is measured, and then at any moment: otherwise as many would say it at
    // once as have connected at once.
    let mut beats = interval_at(Instant::now() + BEAT.mul_f64(fastrand::f64()), BEAT);
    if let Some(beat) = dialect.heartbeat() {
        socket.say(beat)?;
        socket.flush().await?;
    }
    loop {
        tokio::select! {
            received = socket.receive() => {
                received?;
                let mut answers = Vec::new();
                while let Some(frame) = socket.next()? {
                    answers.extend(dialect.answer(frame));
                }
                for answer in answers {
                    socket.say(answer)?;
                }
            }
            _ = beats.tick() => if let Some(beat) = dialect.heartbeat() {
                socket.say(beat)?;
            },
        }
        socket.flush().await?;
    }
}
