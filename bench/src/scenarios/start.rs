//! How soon a server is there, how large its program is, and what it takes while nobody wants anything.

use std::{fs, time::Duration};

use tokio::time::sleep;

use crate::{
    Failure,
    peers::{Peer, Server},
    report::Outcome,
};

const SETTLE: Duration = Duration::from_secs(3);
const MIB: f64 = 1_024.0 * 1_024.0;

/// The first start makes the tables; the second one is what happens on other days.
pub(super) async fn run(peer: &dyn Peer, server: &mut Server) -> Result<Outcome, Failure> {
    let first = server.ready_after;
    server.restart().await?;
    sleep(SETTLE).await;
    let outcome = Outcome::default()
        .with("first_start_ms", first.as_secs_f64() * 1_000.0)
        .with("start_ms", server.ready_after.as_secs_f64() * 1_000.0)
        .with("idle_mib", server.memory() as f64 / MIB);
    Ok(match peer.program() {
        Some(program) => outcome.with("program_mib", fs::metadata(program)?.len() as f64 / MIB),
        None => outcome,
    })
}
