//! The object store.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures::TryStreamExt;
use plaza_application::ports::{BlobError, BlobStore, StoredObject};
use plaza_infrastructure::{
    clock::UuidV7Generator,
    files::FileBlobStore,
    s3::{S3BlobStore, S3Settings},
};
use plaza_tests::servers::Bucket;
use sha2::Digest;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Outcome, in_time};

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
    let store = S3BlobStore::new(&settings(&Bucket::new()), Arc::new(UuidV7Generator))?;
    Ok(Blobs { store: Arc::new(store), _folder: None })
}

fn settings(bucket: &Bucket) -> S3Settings {
    S3Settings {
        bucket: bucket.name.clone(),
        prefix: "a/prefix".to_owned(),
        endpoint: Some(bucket.endpoint.clone()),
        region: "us-east-1".to_owned(),
        keys: Some((bucket.access_key_id.clone(), bucket.secret_access_key.clone())),
    }
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
async fn a_bucket_that_is_not_there_or_refuses_is_unavailable() -> Outcome {
    let bucket = Bucket::new();
    let stranger = Bucket { secret_access_key: "wrong".to_owned(), ..bucket.clone() };
    let nowhere = Bucket { name: "no-such-bucket".to_owned(), ..bucket };
    for bucket in [stranger, nowhere] {
        let store = S3BlobStore::new(&settings(&bucket), Arc::new(UuidV7Generator))?;
        let refused = in_time(store.check()).await?;
        assert!(refused.is_err(), "{refused:?}");
    }
    Ok(())
}
