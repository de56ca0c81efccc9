//! A worker dies in the middle of a task, and another one completes it.

use std::{io::Cursor, time::Duration};

use image::{ImageBuffer, ImageFormat, Rgb};
use plaza_tests::{Options, Setup, client::User, servers::until};
use tokio::time::Instant;

const LEASE: Duration = Duration::from_secs(5);
/// What a task may take longer than its lease when its worker has died.
const BOUND: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_whose_worker_is_killed_completes_elsewhere_in_time() {
    let mut plaza = Options::new(Setup::Distributed)
        .variable("PLAZA_WORKER__LEASE_SECONDS", &LEASE.as_secs().to_string())
        .idle_workers(1)
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let file_id = ada.upload_accepted("large.jpg", large_picture()).await;
    status(&ada, &file_id, "processing").await;
    plaza.kill_worker(0);
    let killed = Instant::now();
    plaza.restart_worker(1).await;
    status(&ada, &file_id, "completed").await;
    let elapsed = killed.elapsed();
    println!(
        "worker: killed with -9 in mid-task; completed by another {:.1} s later (lease {} s + {} s allowed)",
        elapsed.as_secs_f64(),
        LEASE.as_secs(),
        BOUND.as_secs()
    );
    assert!(elapsed <= LEASE + BOUND, "it took {elapsed:?}");
    let log = plaza.worker_log(0);
    assert!(!log.contains("panicked"), "{log}");
}

async fn status(user: &User, file_id: &str, wanted: &str) {
    let path = format!("/files/{file_id}/status");
    until(PATIENCE, || async {
        let view = user.api.get(&path).await.expect(200);
        if view["status"] == wanted { Ok(()) } else { Err(view) }
    })
    .await
    .unwrap_or_else(|view| panic!("the file should be {wanted}: {view}"));
}

/// Takes a worker long enough to be killed at it: 30 megapixels that compress badly.
fn large_picture() -> Vec<u8> {
    let noise = |x: u32, y: u32| {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).to_be_bytes();
        Rgb([mixed[0] & 0x3f, mixed[1] & 0x3f, mixed[2] & 0x3f])
    };
    let mut jpeg = Cursor::new(Vec::new());
    let picture = ImageBuffer::from_fn(6_000, 5_000, noise);

    picture.write_to(&mut jpeg, ImageFormat::Jpeg).expect("a picture");
    jpeg.into_inner()
}
