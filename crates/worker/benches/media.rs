//! What a picture costs, and what its parts do: decoding, scaling, encoding; and the process that it happens in.
//! `cargo bench -p plaza-worker`; results are kept in `docs/performance-media.md`.

use std::{
    io::{Cursor, Read, Write},
    process::{Command, Stdio},
    sync::LazyLock,
};

use divan::{Bencher, counter::ItemsCount};
use fast_image_resize::Resizer;
use image::{
    DynamicImage, RgbImage,
    codecs::jpeg::{JpegDecoder, JpegEncoder},
    imageops::FilterType,
};
use serde_json::json;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() {
    divan::main();
}

/// Four megapixels that pack like a photograph's: soft shapes, edges and the noise of a sensor.
static PHOTOGRAPH: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(&photograph(2464, 1632)).unwrap_or_default());
static PIXELS: LazyLock<DynamicImage> = LazyLock::new(|| decoded(&PHOTOGRAPH).unwrap_or_default());
static PREVIEW: LazyLock<RgbImage> = LazyLock::new(|| shrunk(&PIXELS).unwrap_or_default().into_rgb8());
const PREVIEW_SIZE: (u32, u32) = (1280, 848);

fn photograph(width: u32, height: u32) -> RgbImage {
    let mut noise = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |x, y| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let (u, v) = (x as f32 / 97.0, y as f32 / 61.0);
        let light = (u.sin() * v.cos() + (u * 0.31 + v * 0.17).sin()) * 50.0 + 128.0;
        let edge = if (x / 160 + y / 120) % 3 == 0 { 30.0 } else { 0.0 };
        let grain = (noise % 13) as f32 - 6.0;
        image::Rgb([light + edge + grain, light * 0.9 + grain, 200.0 - light * 0.6 + grain].map(|c| c as u8))
    })
}

fn encoded(image: &RgbImage) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90))?;
    Ok(bytes)
}

fn decoded(bytes: &[u8]) -> Outcome<DynamicImage> {
    Ok(DynamicImage::from_decoder(JpegDecoder::new(Cursor::new(bytes))?)?)
}

fn shrunk(image: &DynamicImage) -> Outcome<DynamicImage> {
    let mut smaller = DynamicImage::new(PREVIEW_SIZE.0, PREVIEW_SIZE.1, image.color());
    Resizer::new().resize(image, &mut smaller, None)?;
    Ok(smaller)
}

/// What a worker's child is asked for, and its answer.
fn asked(media_type: &str, work: &serde_json::Value, bytes: &[u8]) -> Outcome<usize> {
    let job = json!({ "media_type": media_type, "work": work });
    let request =
        json!({ "job": job, "size": bytes.len(), "memory": 512 << 20, "cpu_seconds": 30 }).to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plaza-worker"))
        .arg("media-child")
        .env_clear()
        // As the worker sets it: see `docs/performance-media.md`.
        .envs([("MIMALLOC_ARENA_RESERVE", "32768"), ("MIMALLOC_PURGE_DELAY", "-1")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("no pipe")?;
    input.write_all(&u32::try_from(request.len())?.to_le_bytes())?;
    input.write_all(request.as_bytes())?;
    input.write_all(bytes)?;
    drop(input);
    let mut answer = Vec::new();
    child.stdout.take().ok_or("no pipe")?.read_to_end(&mut answer)?;
    if child.wait()?.success() { Ok(answer.len()) } else { Err("the child has failed".into()) }
}

#[divan::bench]
fn child_makes_thumbnail_and_preview(bencher: Bencher<'_, '_>) {
    let work = json!({ "Picture": { "variants": ["thumbnail", "preview"] } });
    bencher.counter(ItemsCount::new(1_u32)).bench(|| asked("image/jpeg", &work, &PHOTOGRAPH).ok());
}

#[divan::bench]
fn child_reads_a_line(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(1_u32)).bench(|| asked("text/plain", &json!("Document"), b"a line").ok());
}

#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    bencher.bench(|| decoded(&PHOTOGRAPH).ok());
}

#[divan::bench]
fn scale_to_preview_with_fast_image_resize(bencher: Bencher<'_, '_>) {
    bencher.bench(|| shrunk(&PIXELS).ok());
}

#[divan::bench]
fn scale_to_preview_with_image(bencher: Bencher<'_, '_>) {
    bencher.bench(|| PIXELS.resize_exact(PREVIEW_SIZE.0, PREVIEW_SIZE.1, FilterType::Lanczos3));
}

#[divan::bench]
fn encode_preview_with_image(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut bytes = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, 82);
        PREVIEW.write_with_encoder(encoder).map(|()| bytes.len()).ok()
    });
}

#[divan::bench(args = [jpeg_encoder::SamplingFactor::R_4_4_4, jpeg_encoder::SamplingFactor::R_4_2_0])]
fn encode_preview_with_jpeg_encoder(bencher: Bencher<'_, '_>, sampling: jpeg_encoder::SamplingFactor) {
    bencher.bench(|| {
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 82);
        encoder.set_sampling_factor(sampling);
        let (width, height) = (PREVIEW.width() as u16, PREVIEW.height() as u16);
        encoder.encode(&PREVIEW, width, height, jpeg_encoder::ColorType::Rgb).map(|()| bytes.len()).ok()
    });
}
