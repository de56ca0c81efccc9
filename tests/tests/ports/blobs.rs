//! The object store.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::TimeDelta;
use futures::TryStreamExt;
use plaza_application::ports::{BlobError, BlobStore, StoredObject};
use plaza_domain::Clock;
use plaza_infrastructure::{
    clock::{SystemClock, UuidV7Generator},
    config::SecretText,
    files::FileBlobStore,
    s3::{S3BlobStore, S3Error, S3Settings},
};
use plaza_tests::servers::{Bucket, PrivateS3, until};
use sha2::Digest;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use super::{Outcome, in_time};

/// How long the stores wait for S3.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store, and what must live as long.
pub(crate) struct Blobs {
    store: Arc<dyn BlobStore>,
    _folder: Option<TempDir>,
}

pub(crate) async fn in_folder() -> Outcome<Blobs> {
    let folder = tempfile::tempdir()?;
    let store = FileBlobStore::open(folder.path(), Arc::new(UuidV7Generator)).await?;
    Ok(Blobs { store: Arc::new(store), _folder: Some(folder) })
}

pub(crate) async fn in_bucket() -> Outcome<Blobs> {
    Ok(Blobs { store: Arc::new(bucket_store(&Bucket::new())?), _folder: None })
}

fn bucket_store(bucket: &Bucket) -> Outcome<S3BlobStore> {
    let settings = S3Settings {
        bucket: bucket.name.clone(),
        prefix: "a/prefix".to_owned(),
        endpoint: Some(bucket.endpoint.clone()),
        region: "us-east-1".to_owned(),
        keys: Some((bucket.access_key_id.clone(), SecretText::new(&bucket.secret_access_key))),
        patience: PATIENCE,
        gives_links: true,
    };
    Ok(S3BlobStore::new(&settings, Arc::new(UuidV7Generator), TaskTracker::new())?)
}

async fn put(store: &dyn BlobStore, parts: impl IntoIterator<Item = Bytes>) -> Outcome<StoredObject> {
    let mut writer = store.create().await?;
    for part in parts {
        writer.write(part).await?;
    }
    Ok(writer.finish().await?)
}

async fn read(store: &dyn BlobStore, key: &str, range: Option<Range<u64>>) -> Result<Vec<u8>, BlobError> {
    let chunks: Vec<Bytes> = store.open(key, range).await?.try_collect().await?;
    Ok(chunks.concat())
}

/// Bytes in which no two places look alike.
fn noise(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

pub(crate) async fn an_object_is_read_as_it_was_written(blobs: Blobs) -> Outcome {
    let whole = noise(200_001);
    let parts = [whole.slice(..7), whole.slice(7..150_000), Bytes::new(), whole.slice(150_000..)];
    let stored = put(&*blobs.store, parts).await?;
    assert_eq!(stored.size, 200_001);
    assert_eq!(stored.sha256.0, <[u8; 32]>::from(sha2::Sha256::digest(&whole)));
    assert_eq!(read(&*blobs.store, &stored.key, None).await?, whole);
    Ok(())
}

pub(crate) async fn an_object_of_many_parts_is_read_as_it_was_written(blobs: Blobs) -> Outcome {
    let whole = noise(20 * 1024 * 1024 + 5);
    let chunks = whole.chunks(64 * 1024 + 1).map(|chunk| whole.slice_ref(chunk));
    let stored = in_time(put(&*blobs.store, chunks)).await??;
    assert_eq!(stored.size, whole.len() as u64);
    assert_eq!(stored.sha256.0, <[u8; 32]>::from(sha2::Sha256::digest(&whole)));
    assert!(in_time(read(&*blobs.store, &stored.key, None)).await?? == whole);
    let border = 8 * 1024 * 1024;
    let around = read(&*blobs.store, &stored.key, Some(border - 3..border + 3)).await?;
    let (start, end) = (usize::try_from(border - 3)?, usize::try_from(border + 3)?);
    assert_eq!(around, whole.slice(start..end));
    Ok(())
}

pub(crate) async fn a_part_is_read_alone(blobs: Blobs) -> Outcome {
    let stored = put(&*blobs.store, [Bytes::from_static(b"0123456789")]).await?;
    for (range, expected) in [(0..10, "0123456789"), (0..1, "0"), (9..10, "9"), (3..7, "3456"), (5..5, "")] {
        let part = read(&*blobs.store, &stored.key, Some(range)).await?;
        assert_eq!(part, expected.as_bytes());
    }
    Ok(())
}

pub(crate) async fn a_range_outside_of_the_object_is_refused(blobs: Blobs) -> Outcome {
    let stored = put(&*blobs.store, [Bytes::from_static(b"four")]).await?;
    for range in [0..5, 4..6, 7..9, 9..9] {
        let refused = read(&*blobs.store, &stored.key, Some(range.clone())).await;
        assert!(matches!(refused, Err(BlobError::Unavailable(_))), "{range:?}: {refused:?}");
    }
    Ok(())
}

pub(crate) async fn the_same_content_twice_is_two_objects(blobs: Blobs) -> Outcome {
    let content = || [Bytes::from_static(b"same")];
    let (first, second) = (put(&*blobs.store, content()).await?, put(&*blobs.store, content()).await?);
    assert_eq!(first.sha256, second.sha256);
    assert_ne!(first.key, second.key);
    blobs.store.delete(&first.key).await?;
    assert_eq!(read(&*blobs.store, &second.key, None).await?, b"same");
    Ok(())
}

pub(crate) async fn a_deleted_object_is_gone_and_deleting_it_again_is_no_error(blobs: Blobs) -> Outcome {
    let stored = put(&*blobs.store, [Bytes::from_static(b"x")]).await?;
    blobs.store.delete(&stored.key).await?;
    blobs.store.delete(&stored.key).await?;
    for range in [None, Some(0..1), Some(0..0)] {
        let gone = read(&*blobs.store, &stored.key, range).await;
        assert!(matches!(gone, Err(BlobError::NotFound { .. })), "{gone:?}");
    }
    Ok(())
}

pub(crate) async fn only_its_own_keys_are_known(blobs: Blobs) -> Outcome {
    let stored = put(&*blobs.store, [Bytes::from_static(b"x")]).await?;
    let keys = ["", "probe", "../probe", "/etc/passwd", "{00000000-0000-0000-0000-000000000000}"];
    let in_disguise =
        [stored.key.to_uppercase(), format!("../prefix/{}", stored.key), stored.key.replace('-', "")];
    for key in keys.map(str::to_owned).into_iter().chain(in_disguise) {
        let refused = read(&*blobs.store, &key, None).await;
        assert!(matches!(refused, Err(BlobError::NotFound { .. })), "{key}");
        blobs.store.delete(&key).await?;
    }
    assert_eq!(read(&*blobs.store, &stored.key, None).await?, b"x");
    Ok(())
}

pub(crate) async fn objects_are_listed_in_pages(blobs: Blobs) -> Outcome {
    let store = &*blobs.store;
    assert_eq!(store.list("", 10).await?, []);
    let start = SystemClock.now();
    let mut written = BTreeMap::new();
    for size in 0_u8..7 {
        let stored = put(store, [Bytes::from(vec![1; usize::from(size)])]).await?;
        written.insert(stored.key, u64::from(size));
    }
    let (mut listed, mut after) = (BTreeMap::new(), String::new());
    for expected in [3, 3, 1, 0] {
        let page = store.list(&after, 3).await?;
        assert_eq!(page.len(), expected);
        for object in page {
            let age = object.modified_at - start;
            assert!(age.abs() < TimeDelta::minutes(5), "{age}");
            after.clone_from(&object.key);
            assert_eq!(listed.insert(object.key, object.size), None, "listed twice");
        }
    }
    assert_eq!(listed, written);
    // From where one was that is there no more.
    let first = store.list("", 1).await?.remove(0).key;
    store.delete(&first).await?;
    assert_eq!(store.list(&first, 10).await?.len(), 6);
    Ok(())
}

pub(crate) async fn what_is_being_written_is_not_listed(blobs: Blobs) -> Outcome {
    let mut writer = blobs.store.create().await?;
    writer.write(noise(100_000)).await?;
    blobs.store.check().await?;
    assert_eq!(blobs.store.list("", 10).await?, []);
    assert_eq!(blobs.store.remove_drafts(SystemClock.now() - TimeDelta::hours(1)).await?, 0, "it is young");
    let stored = writer.finish().await?;
    assert_eq!(
        blobs.store.remove_drafts(SystemClock.now() + TimeDelta::hours(1)).await?,
        0,
        "it is a draft no more"
    );
    assert_eq!(blobs.store.list("", 10).await?.len(), 1);
    assert_eq!(read(&*blobs.store, &stored.key, None).await?.len(), 100_000);
    Ok(())
}

pub(crate) async fn what_was_given_up_is_no_object(blobs: Blobs) -> Outcome {
    for size in [1, 20 * 1024 * 1024] {
        let mut writer = blobs.store.create().await?;
        writer.write(noise(size)).await?;
        writer.abort().await;
    }
    let mut dropped = blobs.store.create().await?;
    dropped.write(noise(3)).await?;
    drop(dropped);
    Ok(blobs.store.check().await?)
}

pub(crate) async fn several_are_written_at_a_time(blobs: Blobs) -> Outcome {
    let mut writes = JoinSet::new();
    for number in 0_u8..20 {
        let store = Arc::clone(&blobs.store);
        writes.spawn(async move {
            let stored = put(&*store, [Bytes::from(vec![number; 1_000])]).await?;
            Outcome::Ok(read(&*store, &stored.key, None).await? == vec![number; 1_000])
        });
    }
    for whole in in_time(writes.join_all()).await? {
        assert!(whole?);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_told() -> Outcome {
    let bucket = Bucket::new();
    bucket_store(&bucket)?.verify().await?;
    let stranger = Bucket { secret_access_key: "wrong".to_owned(), ..bucket.clone() };
    let nowhere = Bucket { name: "no-such-bucket".to_owned(), ..bucket.clone() };
    let nobody = Bucket { endpoint: "http://127.0.0.1:1".to_owned(), ..bucket };
    for (bucket, is_expected) in [
        (stranger, (|error| matches!(error, S3Error::Refused)) as fn(&S3Error) -> bool),
        (nowhere, |error| matches!(error, S3Error::NoBucket)),
        (nobody, |error| matches!(error, S3Error::Unavailable(_))),
    ] {
        let store = bucket_store(&bucket)?;
        let refused = in_time(store.verify()).await?;
        assert!(refused.as_ref().is_err_and(is_expected), "{bucket:?}: {refused:?}");
        assert!(in_time(store.check()).await?.is_err(), "{bucket:?}");
    }
    Ok(())
}

/// Every way to use a store that does not answer.
async fn use_in_vain(store: &S3BlobStore, key: &str) -> Outcome {
    let mut small = store.create().await?;
    small.write(Bytes::from_static(b"small")).await?;
    let mut large = store.create().await?;
    let written = large.write(noise(20 * 1024 * 1024)).await;
    assert!(matches!(written, Err(BlobError::Unavailable(_))), "{written:?}");
    large.abort().await;
    for outcome in [
        small.finish().await.map(drop),
        read(store, key, None).await.map(drop),
        read(store, key, Some(0..1)).await.map(drop),
        store.delete(key).await,
        store.check().await,
    ] {
        assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_hangs_up_is_asked_a_few_times_and_used_again_when_it_is_back() -> Outcome {
    let server = PrivateS3::start();
    let store = bucket_store(&server.bucket())?;
    let stored = put(&store, [Bytes::from_static(b"kept")]).await?;
    server.close();
    let before = server.connections();
    assert!(in_time(read(&store, &stored.key, None)).await?.is_err());
    let tries = server.connections() - before;
    assert!((2..=5).contains(&tries), "{tries} tries");
    in_time(use_in_vain(&store, &stored.key)).await??;
    server.recover();
    assert_eq!(read(&store, &stored.key, None).await?, b"kept");
    Ok(())
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_forever() -> Outcome {
    let server = PrivateS3::start();
    let store = bucket_store(&server.bucket())?;
    let stored = put(&store, [Bytes::from_static(b"kept")]).await?;
    server.fall_silent();
    let began = Instant::now();
    assert!(in_time(read(&store, &stored.key, None)).await?.is_err());
    let waited = began.elapsed();
    assert!(waited >= PATIENCE && waited < 2 * PATIENCE, "{waited:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_part_is_left_of_what_was_given_up_or_forgotten() -> Outcome {
    let server = PrivateS3::start();
    let bucket = server.bucket();
    let store = bucket_store(&bucket)?;
    let mut aborted = store.create().await?;
    aborted.write(noise(20 * 1024 * 1024)).await?;
    let mut forgotten = store.create().await?;
    forgotten.write(noise(20 * 1024 * 1024)).await?;
    assert!(server.unfinished() >= 2);
    aborted.abort().await;
    drop(forgotten);
    until(PATIENCE, || async {
        match server.unfinished() {
            0 => Ok(()),
            left => Err(format!("{left} files of unfinished uploads are left")),
        }
    })
    .await?;
    assert!(server.objects(&bucket).is_empty(), "{:?}", server.objects(&bucket));
    Ok(())
}
