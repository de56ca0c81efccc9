//! What an end of processing refers to, and what it leaves alone.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use bytes::Bytes;
use chrono::TimeDelta;
use plaza_domain::Store;

use super::*;
use crate::testing::World;

/// A variant whose bytes are stored.
async fn stored(world: &World, name: VariantName, bytes: &'static [u8]) -> StoredVariant {
    let mut writer = world.ports.blobs.create().await.unwrap();
    writer.write(Bytes::from_static(bytes)).await.unwrap();
    let object = writer.finish().await.unwrap();
    StoredVariant { name, media_type: "image/jpeg", width: 1, height: 1, object }
}

/// Ends the processing of a file with these variants.
async fn complete_with(world: &World, file: &File, variants: Vec<StoredVariant>) -> Applied {
    let end = FileEnd::Completed(Facts { variants, ..Facts::default() });
    let effect = FileEffect { file_id: file.id, end, at: file.created_at };
    let mut work = world.ports.store.begin().await.unwrap();
    let applied = Box::new(effect).apply(work.as_mut()).await.unwrap();
    work.commit().await.unwrap();
    applied
}

/// How many contents nothing refers to any more.
async fn purged(store: &dyn Store) -> usize {
    let mut work = store.begin().await.unwrap();
    let keys = work.blobs().purge(TimeDelta::zero(), 100).await.unwrap();
    work.commit().await.unwrap();
    keys.len()
}

/// Deletes a file as its owner does.
async fn delete(world: &World, file: &File) {
    let mut work = world.ports.store.begin().await.unwrap();
    let variants = work.files().variants(file.id).await.unwrap();
    work.files().delete(file.id, file.created_at).await.unwrap();
    for sha256 in variants.iter().map(|variant| variant.sha256).chain([file.sha256]) {
        work.blobs().release(sha256).await.unwrap();
    }
    work.commit().await.unwrap();
}

#[tokio::test]
async fn a_variant_that_is_stored_again_is_counted_once() {
    let world = World::new().await;
    let file = world.upload("sky.png", "pixels").await;
    for _ in 0..3 {
        let thumbnail = stored(&world, VariantName::Thumbnail, b"small").await;
        // Both look the same: two variants are two references.
        let preview = stored(&world, VariantName::Preview, b"small").await;
        complete_with(&world, &file, vec![thumbnail, preview]).await;
        assert_eq!(purged(world.ports.store.as_ref()).await, 0);
    }
    delete(&world, &file).await;
    assert_eq!(purged(world.ports.store.as_ref()).await, 2, "the upload and its variants' content");
}

#[tokio::test]
async fn a_variant_that_takes_the_place_of_another_releases_its_content() {
    let world = World::new().await;
    let file = world.upload("sky.png", "pixels").await;
    for bytes in [&b"small"[..], b"smaller"] {
        let thumbnail = stored(&world, VariantName::Thumbnail, bytes).await;
        complete_with(&world, &file, vec![thumbnail]).await;
    }
    assert_eq!(purged(world.ports.store.as_ref()).await, 1);
    delete(&world, &file).await;
    assert_eq!(purged(world.ports.store.as_ref()).await, 2);
}

#[tokio::test]
async fn a_file_that_was_deleted_stays_so_and_its_objects_are_not_needed() {
    let world = World::new().await;
    let file = world.upload("sky.png", "pixels").await;
    delete(&world, &file).await;
    let thumbnail = stored(&world, VariantName::Thumbnail, b"small").await;
    let key = thumbnail.object.key.clone();
    let applied = complete_with(&world, &file, vec![thumbnail]).await;
    assert_eq!(applied.events, []);
    assert_eq!(applied.unneeded, [key]);
    let mut read = world.ports.store.read().await.unwrap();
    assert_eq!(read.files().find(file.id).await.unwrap(), None);
    assert_eq!(read.files().variants(file.id).await.unwrap(), []);
}
