//! Uploads.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use plaza_application::{
    Actor, Error, MessageInput, Result, Settings, UploadSettings, UploadStream, Uploaded,
    commands::{Command, FileCommand, MEDIA_QUEUE},
    memory::MemoryBlobStore,
    ports::{MediaType, MockMediaInspector, MockTaskQueue, QueueError, Refusal, WakeUp},
};
use plaza_domain::{FileId, FileKind, FileStatus, InvalidInput, MessageKind, TaskId, TaskState, VariantName};

use crate::world::{World, said};

pub(crate) async fn upload(
    world: &World,
    actor: &Actor,
    name: &str,
    content: &'static [u8],
) -> Result<Uploaded> {
    world.services.files.upload(actor, name, bytes(content), |_| Ok(())).await
}

fn bytes(content: &'static [u8]) -> UploadStream {
    // In small chunks, as they come from a network.
    let chunks: Vec<_> = content.chunks(3).map(|chunk| Ok(Bytes::from_static(chunk))).collect();
    stream::iter(chunks).boxed()
}

/// A world whose object store a test can look into.
fn with_blobs(settings: &Settings) -> (World, MemoryBlobStore) {
    let blobs = MemoryBlobStore::default();
    let world = World::build(settings, |ports| ports.blobs = Arc::new(blobs.clone()));
    (world, blobs)
}

#[tokio::test]
async fn an_upload_is_stored_with_its_task_and_a_worker_is_woken() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let uploaded = upload(&world, &ada, "engine.png", b"a picture, believe me").await?;
    assert_eq!(uploaded.file.status, FileStatus::Pending);
    assert_eq!(uploaded.extension, "png");

    let mut read = world.ports.store.read().await?;
    let task = read.tasks().find(uploaded.file.task_id).await?;
    let task = task.ok_or(Error::NotFound("task"))?;
    assert_eq!(task.state, TaskState::Ready);
    let command = Command::try_from(&task).ok();
    let expected = Command::ProcessImage(FileCommand { file_id: uploaded.file.id });
    assert_eq!(command, Some(expected));
    let queues = [MEDIA_QUEUE.to_owned()];
    let woken = world.ports.queue.pop(&queues, 1, std::time::Duration::ZERO).await;
    let expected = WakeUp { queue: MEDIA_QUEUE.to_owned(), task_ids: vec![task.id] };
    assert_eq!(woken.ok().flatten(), Some(expected));
    Ok(())
}

#[tokio::test]
async fn an_upload_succeeds_while_the_queue_is_down() -> Result<()> {
    let mut queue = MockTaskQueue::new();
    let is_media = |queue: &str, _: &[TaskId]| queue == MEDIA_QUEUE;
    queue.expect_push().withf(is_media).once().returning(|_, _| Err(QueueError("connection refused".into())));
    // Who registers gets a mail.
    queue.expect_push().returning(|_, _| Ok(()));
    let world = World::with_ports(|ports| ports.queue = Arc::new(queue));
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    let mut read = world.ports.store.read().await?;
    let task = read.tasks().find(file.task_id).await?;
    assert_eq!(task.map(|task| task.state), Some(TaskState::Ready));
    Ok(())
}

#[tokio::test]
async fn no_worker_is_woken_for_an_upload_that_was_not_committed() -> Result<()> {
    let mut queue = MockTaskQueue::new();
    queue.expect_push().withf(|queue, _| queue == MEDIA_QUEUE).never();
    // Who registers gets a mail.
    queue.expect_push().returning(|_, _| Ok(()));
    let world = World::with_ports(|ports| ports.queue = Arc::new(queue));
    let (ada, _) = world.people().await?;
    world.faults.fail_commits(1);
    let failed = upload(&world, &ada, "notes.txt", b"words").await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    Ok(())
}

#[tokio::test]
async fn the_same_content_is_stored_once() -> Result<()> {
    let (world, blobs) = with_blobs(&Settings::default());
    let (ada, grace) = world.people().await?;
    let first = upload(&world, &ada, "a.txt", b"the same words").await?.file;
    let second = upload(&world, &grace, "b.txt", b"the same words").await?.file;
    assert_eq!(first.sha256, second.sha256);
    assert_eq!(blobs.keys().len(), 1);
    assert_eq!(content(&world, &grace, second.id).await?, b"the same words".as_slice());
    Ok(())
}

async fn content(world: &World, actor: &Actor, id: FileId) -> Result<Vec<u8>> {
    let files = &world.services.files;
    let content = files.content(actor, id).await?;
    let chunks: Vec<Bytes> = files.open(&content, None).await?.try_collect().await?;
    Ok(chunks.concat())
}

#[tokio::test]
async fn an_upload_that_is_too_large_leaves_nothing_behind() -> Result<()> {
    let settings = Settings {
        uploads: UploadSettings { max_bytes: 10_000, ..UploadSettings::default() },
        ..Settings::default()
    };
    let (world, blobs) = with_blobs(&settings);
    let (ada, _) = world.people().await?;
    // Larger than the head that is looked at first.
    static FITS: [u8; 10_000] = [b'x'; 10_000];
    static TOO_LARGE: [u8; 10_001] = [b'x'; 10_001];
    let refused = upload(&world, &ada, "large.txt", &TOO_LARGE).await;
    assert!(matches!(refused, Err(Error::TooLarge { limit: 10_000 })));
    assert_eq!(blobs.keys(), [""; 0]);
    assert_eq!(upload(&world, &ada, "fits.txt", &FITS).await?.file.size, 10_000);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() -> Result<()> {
    let (world, blobs) = with_blobs(&Settings::default());
    let (ada, _) = world.people().await?;
    static BEGINNING: [u8; 5_000] = [b'x'; 5_000];
    let broken = Err("connection reset".into());
    let body = bytes(&BEGINNING).chain(stream::iter([broken])).boxed();
    let failed = world.services.files.upload(&ada, "half.txt", body, |_| Ok(())).await;
    assert!(matches!(failed, Err(Error::Interrupted(_))));
    assert_eq!(blobs.keys(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_cannot_be_written_down_leaves_nothing_behind() -> Result<()> {
    let (world, blobs) = with_blobs(&Settings::default());
    let (ada, _) = world.people().await?;
    world.faults.fail_begins(1);
    let failed = upload(&world, &ada, "notes.txt", b"words").await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    assert_eq!(blobs.keys(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn what_is_empty_nameless_or_refused_is_not_stored() -> Result<()> {
    let mut media = MockMediaInspector::new();
    media.expect_head_size().return_const(16_usize);
    media.expect_inspect().returning(|_, _| Err(Refusal::UnsupportedType));
    let blobs = MemoryBlobStore::default();
    let world = World::with_ports(|ports| {
        ports.media = Arc::new(media);
        ports.blobs = Arc::new(blobs.clone());
    });
    let (ada, _) = world.people().await?;
    let refused = upload(&world, &ada, "virus.exe", b"MZ").await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::UnsupportedType))));
    let empty = upload(&world, &ada, "empty.txt", b"").await;
    assert!(matches!(empty, Err(Error::Invalid(_))));
    let nameless = upload(&world, &ada, "folder/", b"words").await;
    assert!(matches!(nameless, Err(Error::Invalid(_))));
    assert_eq!(blobs.keys(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_caller_may_refuse_what_an_upload_turned_out_to_be() -> Result<()> {
    let (world, blobs) = with_blobs(&Settings::default());
    let (ada, _) = world.people().await?;
    let pictures_only = |media: &MediaType| match media.kind {
        FileKind::Image => Ok(()),
        FileKind::Document => Err(InvalidInput::single("file", "must be a picture")),
    };
    let files = &world.services.files;
    let refused = files.upload(&ada, "notes.txt", bytes(b"words"), pictures_only).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    assert_eq!(blobs.keys(), [""; 0]);
    files.upload(&ada, "engine.png", bytes(b"pixels"), pictures_only).await?;
    Ok(())
}

#[tokio::test]
async fn a_full_object_store_says_so() -> Result<()> {
    let world = World::with_ports(|ports| ports.blobs = Arc::new(MemoryBlobStore::with_capacity(4)));
    let (ada, _) = world.people().await?;
    let refused = upload(&world, &ada, "notes.txt", b"words").await;
    assert!(matches!(refused, Err(Error::StorageFull)));
    Ok(())
}

#[tokio::test]
async fn a_file_is_seen_by_its_owner_and_where_it_is_posted_as_long_as_it_is() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let stranger = world.user("stranger").await?;
    let file_id = upload(&world, &ada, "notes.txt", b"words").await?.file.id;
    let sees = async |actor: &Actor| world.services.files.get(actor, file_id).await.is_ok();
    assert!(sees(&ada).await && !sees(&grace).await);

    let input = (room.id, MessageInput { kind: MessageKind::File, file_id: Some(file_id), ..said("") });
    let message = world.post(&ada, input).await?.view.message;
    assert!(sees(&grace).await && !sees(&stranger).await);
    world.services.memberships.leave(&grace, room.id).await?;
    assert!(!sees(&grace).await);
    world.services.memberships.join(&grace, room.id).await?;
    assert!(sees(&grace).await);
    world.services.messages.delete(&ada, message.id).await?;
    assert!(sees(&ada).await && !sees(&grace).await);
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_file_can_be_read() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file_id = upload(&world, &ada, "notes.txt", b"0123456789").await?.file.id;
    let files = &world.services.files;
    let found = files.content(&ada, file_id).await?;
    assert_eq!((found.name.as_str(), found.size), ("notes.txt", 10));
    let chunks: Vec<Bytes> = files.open(&found, Some(2..5)).await?.try_collect().await?;
    assert_eq!(chunks.concat(), b"234");
    Ok(())
}

#[tokio::test]
async fn a_variant_that_was_not_made_is_not_found() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let file_id = upload(&world, &ada, "engine.png", b"pixels").await?.file.id;
    let files = &world.services.files;
    let missing = files.variant(&ada, file_id, VariantName::Thumbnail).await;
    assert!(matches!(missing, Err(Error::NotFound("variant"))));
    let hidden = files.variant(&grace, file_id, VariantName::Thumbnail).await;
    assert!(matches!(hidden, Err(Error::NotFound("file"))));
    Ok(())
}
