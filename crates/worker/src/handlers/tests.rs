//! Uploads, from the API's side to the end of their tasks.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test, and handlers may panic"
)]

use std::io::Cursor;

use async_trait::async_trait;
use image::{ImageFormat, RgbImage};
use plaza_application::events::UserEvent;
use plaza_domain::{File, FileFailure, FileStatus, TaskState, VariantName};
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
    let worker = Worker::new(world.ports.clone(), WorkerSettings::default());
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
