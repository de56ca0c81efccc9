//! How much users may store, and how many uploads of theirs may be under way.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, poll, stream};
use plaza_application::{
    Actor, Error, MAX_UPLOAD_TIME, Result, Settings, UploadSettings, UploadStream, memory::MemoryBlobStore,
};
use plaza_domain::{File, Usage};
use tokio::time::timeout;

use crate::{files::upload, world::World};

fn world(uploads: UploadSettings) -> (World, MemoryBlobStore) {
    let blobs = MemoryBlobStore::default();
    let settings = Settings { uploads, ..Settings::default() };
    (World::build(&settings, |ports| ports.blobs = Arc::new(blobs.clone())), blobs)
}

fn allowing(bytes: u64) -> UploadSettings {
    UploadSettings { max_user_bytes: Some(bytes), ..UploadSettings::default() }
}

fn parallel(at_most: u64) -> UploadSettings {
    UploadSettings { max_parallel: Some(at_most), ..UploadSettings::default() }
}

/// A body that begins and goes on no more.
fn stuck() -> UploadStream {
    stream::iter([Ok(Bytes::from_static(b"words"))]).chain(stream::pending()).boxed()
}

async fn begin(world: &World, actor: &Actor) -> Result<File> {
    let uploaded = world.services.files.upload(actor, "slow.txt", stuck(), |_| Ok(())).await;
    uploaded.map(|uploaded| uploaded.file)
}

#[tokio::test]
async fn every_file_counts_in_full_and_none_goes_over_what_is_allowed() -> Result<()> {
    let (world, blobs) = world(allowing(20));
    let (ada, grace) = world.people().await?;
    let first = upload(&world, &ada, "a.txt", b"0123456789").await?.file;
    upload(&world, &ada, "b.txt", b"0123456789").await?;
    let files = &world.services.files;
    assert_eq!(files.storage(&ada).await?.used, Usage { bytes: 20, files: 2 }, "though stored once");
    assert_eq!(files.storage(&ada).await?.allowed, Some(20));
    let refused = upload(&world, &ada, "c.txt", b"x").await;
    assert!(matches!(refused, Err(Error::QuotaExceeded { used: 20, allowed: 20 })), "{refused:?}");
    assert_eq!(blobs.keys().len(), 1, "what was refused leaves nothing behind");
    upload(&world, &grace, "c.txt", b"x").await?;
    files.delete(&ada, first.id).await?;
    upload(&world, &ada, "d.txt", b"9876543210").await?;
    Ok(())
}

#[tokio::test]
async fn of_uploads_at_a_time_only_those_are_stored_that_fit() -> Result<()> {
    let (world, blobs) = world(UploadSettings { max_parallel: None, ..allowing(25) });
    let (ada, _) = world.people().await?;
    let uploads = ["0123456789", "1234567890", "2345678901", "3456789012"];
    let uploads = uploads.map(|words| upload(&world, &ada, "a.txt", words.as_bytes()));
    let outcomes = futures::future::join_all(uploads).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert!(outcomes.iter().all(|o| o.is_ok() || matches!(o, Err(Error::QuotaExceeded { .. }))));
    assert_eq!(world.services.files.storage(&ada).await?.used.bytes, 20);
    assert_eq!(blobs.keys().len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_will_not_fit_is_refused_before_it_arrives() -> Result<()> {
    let (world, blobs) = world(UploadSettings { max_bytes: 1_000, ..allowing(20) });
    let (ada, _) = world.people().await?;
    let files = &world.services.files;
    files.check_announced(&ada, 20).await?;
    assert!(matches!(files.check_announced(&ada, 21).await, Err(Error::QuotaExceeded { .. })));
    assert!(matches!(files.check_announced(&ada, 1_001).await, Err(Error::TooLarge { limit: 1_000 })));
    // One that announced nothing is stopped as soon as it is too much: this body never ends.
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(b"words"))).boxed();
    let refused = files.upload(&ada, "endless.txt", endless, |_| Ok(())).await;
    assert!(matches!(refused, Err(Error::QuotaExceeded { .. } | Error::TooLarge { .. })));
    assert_eq!(blobs.keys(), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_user_has_so_many_uploads_under_way_and_no_more() -> Result<()> {
    let (world, _) = world(parallel(2));
    let services = world.tracker.len();
    let (ada, grace) = world.people().await?;
    let (mut first, mut second) = (begin(&world, &ada).boxed(), begin(&world, &ada).boxed());
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    let third = begin(&world, &ada).await;
    assert!(matches!(third, Err(Error::TooManyUploads { at_most: 2, .. })), "{third:?}");
    upload(&world, &grace, "others.txt", b"words").await?;

    // A request that is dropped, as its client went away, takes its upload along.
    drop(first);
    let given_back = async {
        while world.tracker.len() > services {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(Duration::from_secs(10), given_back).await.is_ok());
    upload(&world, &ada, "again.txt", b"words").await?;
    // One that has ended, well or not, is over at once.
    upload(&world, &ada, "and again.txt", b"words").await?;
    assert!(upload(&world, &ada, "empty.txt", b"").await.is_err());
    upload(&world, &ada, "last.txt", b"words").await?;
    Ok(())
}

#[tokio::test]
async fn an_upload_whose_process_died_is_over_after_the_longest_that_one_may_take() -> Result<()> {
    let (world, _) = world(parallel(1));
    let (ada, _) = world.people().await?;
    let mut lost = begin(&world, &ada).boxed();
    assert!(poll!(&mut lost).is_pending());
    std::mem::forget(lost);
    assert!(matches!(begin(&world, &ada).await, Err(Error::TooManyUploads { .. })));
    world.clock.advance(MAX_UPLOAD_TIME);
    upload(&world, &ada, "again.txt", b"words").await?;
    Ok(())
}
