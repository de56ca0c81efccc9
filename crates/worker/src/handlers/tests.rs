//! Uploads, from the API's side to the end of their tasks.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test, and handlers may panic"
)]

use std::{
    io::Cursor,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures::{FutureExt, TryStreamExt};
use image::{ImageFormat, RgbImage};
use plaza_application::{
    events::UserEvent,
    ports::{MockScanner, ScanError, Scanner, Verdict},
};
use plaza_domain::{File, FileFailure, FileStatus, ScanState, TaskState, VariantName};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::*;
use crate::{Attempt, Effect, TaskError, Worker, WorkerSettings, testing::World};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 99]))
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}

fn start(world: &World) -> CancellationToken {
    let shutdown = CancellationToken::new();
    let worker = Worker::new(world.ports.clone(), &world.services, WorkerSettings::default());
    worker.spawn(&TaskTracker::new(), shutdown.clone());
    shutdown
}

/// The upload after its task has ended.
async fn processed(world: &mut World, file: &File) -> File {
    let _shutdown = start(world).drop_guard();
    assert_eq!(world.next_status().await, FileStatus::Processing);
    world.next_event().await;
    assert_eq!(world.find_task(file.task_id).await.state, TaskState::Succeeded);
    world.find_file(file).await
}

async fn failure_of(name: &str, bytes: Vec<u8>) -> Option<FileFailure> {
    let mut world = World::new().await;
    let file = world.upload(name, bytes).await;
    let file = processed(&mut world, &file).await;
    assert_eq!(file.failure.is_some(), file.status == FileStatus::Failed);
    file.failure
}

#[tokio::test]
async fn a_picture_gets_its_size_and_variants_and_its_owner_is_told() {
    let mut world = World::new().await;
    let file = world.upload("sky.png", png(600, 300)).await;
    let _shutdown = start(&world).drop_guard();
    let told = |status, variants| UserEvent::FileChanged {
        user_id: file.owner_id,
        file_id: file.id,
        status,
        failure: None,
        variants,
    };
    assert_eq!(world.next_event().await, told(FileStatus::Processing, vec![]));
    let both = vec![VariantName::Thumbnail, VariantName::Preview];
    match world.next_event().await {
        UserEvent::FileChanged { variants, status: FileStatus::Completed, .. } => {
            assert!(both.iter().all(|name| variants.contains(name)), "{variants:?}");
        }
        other => unreachable!("{other:?}"),
    }
    let stored = world.find_file(&file).await;
    assert_eq!((stored.width, stored.height), (Some(600), Some(300)));
    let mut read = world.ports.store.read().await.unwrap();
    for name in both {
        let variant = read.files().find_variant(file.id, name).await.unwrap().unwrap();
        let blob = read.blobs().find(variant.sha256).await.unwrap().unwrap();
        assert_eq!(blob.size, variant.size);
        assert!(world.blobs.keys().contains(&blob.storage_key));
        assert!(variant.width <= name.longest_side());
    }
}

#[tokio::test]
async fn the_same_picture_twice_is_stored_once() {
    let mut world = World::new().await;
    let first = world.upload("sky.png", png(600, 300)).await;
    processed(&mut world, &first).await;
    let objects = world.blobs.keys();
    let second = world.upload("again.png", png(600, 300)).await;
    assert_eq!(processed(&mut world, &second).await.status, FileStatus::Completed);
    assert_eq!(world.blobs.keys(), objects);
}

#[tokio::test]
async fn a_document_is_examined() {
    let mut world = World::new().await;
    let file = world.upload("notes.txt", "hello").await;
    let file = processed(&mut world, &file).await;
    assert_eq!((file.status, file.page_count), (FileStatus::Completed, None));
}

#[tokio::test]
async fn a_file_that_is_at_fault_fails_and_its_task_is_done() {
    let cut = png(600, 300)[..500].to_vec();
    assert_eq!(failure_of("cut.png", cut).await, Some(FileFailure::Unreadable));
    assert_eq!(failure_of("binary.txt", vec![0xff; 9]).await, Some(FileFailure::Unreadable));
    assert_eq!(failure_of("program.png", b"MZ".to_vec()).await, Some(FileFailure::WrongType));
    assert_eq!(failure_of("wide.png", png(12_001, 1)).await, Some(FileFailure::TooManyPixels));
}

#[tokio::test]
async fn a_file_whose_bytes_are_gone_fails() {
    let mut world = World::new().await;
    let file = world.upload("sky.png", png(60, 30)).await;
    for key in world.blobs.keys() {
        world.ports.blobs.delete(&key).await.unwrap();
    }
    assert_eq!(processed(&mut world, &file).await.failure, Some(FileFailure::Missing));
}

/// A scanner whose answers are given; the last one again and again.
fn scanner(answers: Vec<fn() -> Result<Verdict, ScanError>>) -> Option<Arc<dyn Scanner>> {
    let mut scanner = MockScanner::new();
    let asked = AtomicUsize::new(0);
    scanner.expect_scan().returning(move |size, bytes| {
        let number = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let read = bytes.try_collect::<Vec<_>>().now_or_never().unwrap().unwrap().concat();
        assert_eq!(read.len() as u64, size);
        answers[number]()
    });
    Some(Arc::new(scanner))
}

fn clean() -> Result<Verdict, ScanError> {
    Ok(Verdict::Clean)
}

fn infected() -> Result<Verdict, ScanError> {
    Ok(Verdict::Infected { signature: "Test".to_owned() })
}

fn away() -> Result<Verdict, ScanError> {
    Err(ScanError::Unavailable("away".into()))
}

fn too_large() -> Result<Verdict, ScanError> {
    Err(ScanError::TooLarge { size: 5 })
}

#[tokio::test]
async fn a_clean_file_is_processed() {
    let mut world = World::with_scanner(scanner(vec![clean])).await;
    let file = world.upload("notes.txt", "hello").await;
    assert_eq!(file.scan, ScanState::Pending);
    let file = processed(&mut world, &file).await;
    assert_eq!((file.status, file.scan), (FileStatus::Completed, ScanState::Clean));
}

#[tokio::test]
async fn an_infected_file_fails_before_anything_is_decoded() {
    let mut world = World::with_scanner(scanner(vec![infected])).await;
    let file = world.upload("sky.png", png(60, 30)).await;
    let _shutdown = start(&world).drop_guard();
    assert_eq!(world.next_status().await, FileStatus::Failed, "and was never processing");
    let stored = world.find_file(&file).await;
    assert_eq!((stored.failure, stored.scan), (Some(FileFailure::Infected), ScanState::Infected));
    assert_eq!(stored.width, None);
}

#[tokio::test(start_paused = true)]
async fn a_file_waits_for_the_scanner_without_burning_an_attempt() {
    let answers = [vec![away as fn() -> _; 20], vec![too_large; 5], vec![clean]].concat();
    let mut world = World::with_scanner(scanner(answers)).await;
    let file = world.upload("notes.txt", "hello").await;
    let shutdown = start(&world);
    world.until(file.task_id, |task| task.last_error.is_some()).await;
    let waiting = world.find_file(&file).await;
    assert_eq!((waiting.status, waiting.scan), (FileStatus::Pending, ScanState::Pending));
    let task = world.until(file.task_id, |task| task.state == TaskState::Succeeded).await;
    assert_eq!(task.attempt, 1, "of {}", task.max_attempts);
    let stored = world.find_file(&file).await;
    assert_eq!((stored.status, stored.scan), (FileStatus::Completed, ScanState::Clean));
    assert_eq!(world.next_status().await, FileStatus::Processing);
    shutdown.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_file_waits_when_the_worker_knows_no_scanner() {
    let mut world = World::with_scanner(scanner(vec![clean])).await;
    let file = world.upload("notes.txt", "hello").await;
    world.ports.scanner = None;
    let shutdown = start(&world);
    let task = world.until(file.task_id, |task| task.last_error.is_some()).await;
    assert!(task.last_error.is_some_and(|error| error.contains("no scanner")));
    assert_eq!(world.find_file(&file).await.scan, ScanState::Pending);
    shutdown.cancel();
}

#[tokio::test]
async fn a_file_whose_bytes_are_gone_before_it_is_scanned_fails() {
    let mut world = World::with_scanner(scanner(vec![clean])).await;
    let file = world.upload("sky.png", png(60, 30)).await;
    for key in world.blobs.keys() {
        world.ports.blobs.delete(&key).await.unwrap();
    }
    let _shutdown = start(&world).drop_guard();
    assert_eq!(world.next_status().await, FileStatus::Failed);
    assert_eq!(world.find_file(&file).await.failure, Some(FileFailure::Missing));
}

/// Handlers that fail before they begin.
struct Cursed(Handlers);

struct CursedHandler(Arc<dyn TaskHandler>);

impl Registry for Cursed {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(CursedHandler(self.0.handler(command)))
    }
}

#[async_trait]
impl TaskHandler for CursedHandler {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        panic!("cursed")
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        self.0.on_dead()
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_fails_when_its_task_is_given_up() {
    let mut world = World::new().await;
    let file = world.upload("notes.txt", "hello").await;
    let registry = Arc::new(Cursed(world.handlers()));
    let shutdown = CancellationToken::new();
    let worker = Worker::with_registry(world.ports.clone(), WorkerSettings::default(), registry);
    worker.spawn(&TaskTracker::new(), shutdown.clone());
    let task = world.until(file.task_id, |task| task.state == TaskState::Dead).await;
    assert_eq!(task.attempt, task.max_attempts);
    assert_eq!(world.next_status().await, FileStatus::Failed);
    assert_eq!(world.find_file(&file).await.failure, Some(FileFailure::GaveUp));
    shutdown.cancel();
}
