//! Pictures of 4 megapixels, of which a preview and a thumbnail are made.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use hyper::Method;
use serde_json::Value;

use super::{driven, picture};
use crate::{
    Failure,
    machine::wait::until,
    peers::{Peer, Server},
    report::Outcome,
    scenarios::Scale,
    stage::Seat,
    wire::Http,
};

const PATIENCE: Duration = Duration::from_secs(300);
/// How many upload at once.
pub(in crate::scenarios) const UPLOADS: usize = 2;
const WARM_UP: u64 = 4;
const MIB: f64 = 1_024.0 * 1_024.0;

/// Uploads them, and waits until the last one is processed.
pub(in crate::scenarios) async fn run(
    peer: &dyn Peer,
    server: &mut Server,
    seats: &[Seat],
    scale: &Scale,
) -> Result<Outcome, Failure> {
    let path = server.folder().join("picture.jpg");
    let bytes = picture(&path)?;
    let folder = server.folder().display().to_string();
    let arguments = ["pictures".to_owned(), scale.pictures.to_string(), path.display().to_string(), folder];
    if let Some(outcome) = driven(peer, server, arguments.into()).await? {
        return Ok(outcome);
    }
    process(server, seats, &bytes, 0..WARM_UP).await?;
    let (before, begin) = (server.reading(), Instant::now());
    let mut peak = 0;
    let watching = async {
        loop {
            peak = peak.max(server.memory());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        done = process(server, seats, &bytes, WARM_UP..WARM_UP + scale.pictures) => done?,
        () = watching => {}
    }
    let seconds = begin.elapsed().as_secs_f64();
    let cores = before.cores_until(server.reading());
    server.check()?;
    let rate = scale.pictures as f64 / seconds;
    Ok(Outcome { cores, ..Outcome::default() }
        .with("pictures_per_second", rate)
        .with("pictures_per_core_second", rate / cores.server.max(f64::EPSILON))
        .with("peak_mib", peak as f64 / MIB))
}

async fn process(
    server: &Server,
    seats: &[Seat],
    bytes: &[u8],
    numbers: std::ops::Range<u64>,
) -> Result<(), Failure> {
    let workers = seats.iter().enumerate().map(|(worker, seat)| {
        let numbers = numbers.clone().skip(worker).step_by(UPLOADS);
        async move {
            let mut http = Http::connect(server.addresses[0]).await?;
            let mut uploaded = Vec::new();
            for number in numbers {
                // Behind its end a picture may have anything: no two are the same.
                let bytes = [bytes, &number.to_be_bytes()].concat();
                let receipt = http.upload("/api/v1/files/upload", &seat.token, "picture.jpg", &bytes).await?;
                let file_id = receipt["file_id"].as_str().ok_or("an upload without an id")?;
                uploaded.push(format!("/api/v1/files/{file_id}/status"));
            }
            for path in uploaded {
                processed(server, seat, &path).await?;
            }
            Ok::<_, Failure>(())
        }
    });
    try_join_all(workers).await.map(drop)
}

async fn processed(server: &Server, seat: &Seat, path: &str) -> Result<(), Failure> {
    until(PATIENCE, || async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut http = Http::connect(server.addresses[0]).await?;
        let (_, answer) = http.ask(Method::GET, path, &seat.token, None).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        if answer["status"] == "completed" { Ok(()) } else { Err(answer.to_string().into()) }
    })
    .await
}
