//! Work in the background: tasks that do nothing, and pictures.

mod pictures;
mod tasks;

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    Failure,
    peers::{Ground, Peer, Server},
    report::Outcome,
};

pub(super) use self::{
    pictures::{UPLOADS, run as pictures},
    tasks::run as tasks,
};

/// Has a peer that brings its own program for ordering work run it, and reads what it prints.
async fn driven(
    peer: &dyn Peer,
    server: &Server,
    arguments: Vec<String>,
) -> Result<Option<Outcome>, Failure> {
    let ground: Ground = server.ground();
    let Some(launch) = peer.driver(&ground)? else { return Ok(None) };
    let launch = launch.arguments(arguments);
    let before = server.reading();
    let printed = tokio::task::spawn_blocking(move || crate::machine::process::output_of(&launch)).await??;
    let cores = before.cores_until(server.reading());
    let line = printed.lines().last().ok_or("it printed nothing")?;
    let figures: BTreeMap<String, f64> = serde_json::from_str(line)?;
    Ok(Some(Outcome { figures, cores, ..Outcome::default() }))
}

/// A photograph's size and weight: 4 megapixels of gradients with some noise.
fn picture(path: &Path) -> Result<Vec<u8>, Failure> {
    const WIDTH: u32 = 2_400;
    const HEIGHT: u32 = 1_667;
    let mut rng = fastrand::Rng::with_seed(7);
    let pixels = image::RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let noise = rng.u8(0..24);
        let shade = |value: u32| (value % 200) as u8 + noise;
        image::Rgb([shade(x / 9), shade(y / 6), shade((x + y) / 12)])
    });
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.encode_image(&pixels)?;
    fs::write(path, &bytes)?;
    Ok(bytes)
}
