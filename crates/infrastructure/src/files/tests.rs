//! What is stored is there, whole, and nothing else is.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use futures::TryStreamExt;
use plaza_application::ports::{BlobError, BlobStore};
use plaza_domain::Clock;
use sha2::Digest;
use tempfile::TempDir;

use super::FileBlobStore;
use crate::clock::{SystemClock, UuidV7Generator};

type TestResult = Result<(), Box<dyn std::error::Error>>;

async fn store() -> Result<(TempDir, FileBlobStore), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = FileBlobStore::open(folder.path(), Arc::new(UuidV7Generator)).await?;
    Ok((folder, store))
}

async fn put(store: &FileBlobStore, parts: &[&'static [u8]]) -> Result<String, BlobError> {
    let mut writer = store.create().await?;
    for part in parts {
        writer.write(Bytes::from_static(part)).await?;
    }
    Ok(writer.finish().await?.key)
}

async fn read(
    store: &FileBlobStore,
    key: &str,
    range: Option<std::ops::Range<u64>>,
) -> Result<Vec<u8>, BlobError> {
    let chunks: Vec<Bytes> = store.open(key, range).await?.try_collect().await?;
    Ok(chunks.concat())
}

fn files(folder: &Path) -> std::io::Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        count += if entry.file_type()?.is_dir() { files(&entry.path())? } else { 1 };
    }
    Ok(count)
}

#[tokio::test]
async fn an_object_is_read_as_it_was_written() -> TestResult {
    let (_folder, store) = store().await?;
    let mut writer = store.create().await?;
    // More than is gathered before it is written, and read at a time.
    let part = Bytes::from_iter((0..100_000_u32).map(|number| number as u8));
    for _ in 0..4 {
        writer.write(part.clone()).await?;
    }
    writer.write(Bytes::from_static(b"end")).await?;
    let stored = writer.finish().await?;

    let whole = [part.repeat(4).as_slice(), b"end"].concat();
    assert_eq!(stored.size, 400_003);
    assert_eq!(stored.sha256.0, <[u8; 32]>::from(sha2::Sha256::digest(&whole)));
    assert_eq!(read(&store, &stored.key, None).await?, whole);
    assert_eq!(read(&store, &stored.key, Some(399_999..400_002)).await?, b"\x9fen");
    assert_eq!(read(&store, &stored.key, Some(131_000..300_000)).await?, whole[131_000..300_000]);
    assert_eq!(read(&store, &stored.key, Some(5..5)).await?, b"");
    Ok(())
}

#[tokio::test]
async fn an_object_survives_opening_the_store_again() -> TestResult {
    let (folder, first) = store().await?;
    let key = put(&first, &[b"kept"]).await?;
    let second = FileBlobStore::open(folder.path(), Arc::new(UuidV7Generator)).await?;
    assert_eq!(read(&second, &key, None).await?, b"kept");
    Ok(())
}

#[tokio::test]
async fn a_range_outside_of_the_object_is_refused() -> TestResult {
    let (_folder, store) = store().await?;
    let key = put(&store, &[b"four"]).await?;
    assert!(matches!(store.open(&key, Some(0..5)).await, Err(BlobError::Unavailable(_))));
    Ok(())
}

#[tokio::test]
async fn what_was_not_finished_leaves_nothing_behind() -> TestResult {
    let (folder, store) = store().await?;
    let mut aborted = store.create().await?;
    aborted.write(Bytes::from_static(b"x")).await?;
    aborted.abort().await;
    drop(store.create().await?);
    assert_eq!(files(folder.path())?, 0);
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_is_gone_and_deleting_it_again_is_no_error() -> TestResult {
    let (folder, store) = store().await?;
    let key = put(&store, &[b"x"]).await?;
    store.delete(&key).await?;
    store.delete(&key).await?;
    assert!(matches!(store.open(&key, None).await, Err(BlobError::NotFound { .. })));
    assert_eq!(files(folder.path())?, 0);
    Ok(())
}

#[tokio::test]
async fn no_key_leads_out_of_the_folder() -> TestResult {
    let (folder, store) = store().await?;
    std::fs::write(folder.path().join("secret"), "x")?;
    for key in
        ["secret", "../secret", "/etc/passwd", "tmp/../secret", "", "{00000000-0000-0000-0000-000000000000}"]
    {
        assert!(matches!(store.open(key, None).await, Err(BlobError::NotFound { .. })), "{key}");
        store.delete(key).await?;
    }
    assert!(folder.path().join("secret").exists());
    Ok(())
}

#[tokio::test]
async fn a_draft_that_nobody_writes_to_is_removed() -> TestResult {
    let (folder, store) = store().await?;
    let mut forsaken = store.create().await?;
    forsaken.write(Bytes::from_static(b"x")).await?;
    // As if its process had died.
    std::mem::forget(forsaken);
    assert_eq!(store.remove_drafts(DateTime::UNIX_EPOCH).await?, 0);
    assert_eq!(files(folder.path())?, 1);
    let later = SystemClock.now() + TimeDelta::hours(1);
    assert_eq!(store.remove_drafts(later).await?, 1);
    assert_eq!(files(folder.path())?, 0);
    Ok(())
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind() -> TestResult {
    let (folder, store) = store().await?;
    store.check().await?;
    assert_eq!(files(folder.path())?, 0);
    std::fs::remove_dir_all(folder.path().join("tmp"))?;
    assert!(store.check().await.is_err());
    Ok(())
}
