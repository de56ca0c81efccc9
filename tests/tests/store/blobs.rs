//! Contents: how they are counted, and what becomes of those that nothing refers to.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Blob, Sha256, Store};

use super::{
    Outcome,
    builders::{at, file, given_user, task},
    fixture::{Result, assert_not_found, race},
};

const CONTENT: Sha256 = Sha256([0xab; 32]);

/// A blob with a key of its own.
pub(crate) fn blob(storage_key: &str) -> Blob {
    Blob { sha256: CONTENT, storage_key: storage_key.to_owned(), size: 5_000_000_000, created_at: at(0) }
}

async fn acquire(store: &Arc<dyn Store>, blob: &Blob) -> Result<Blob> {
    let mut work = store.begin().await?;
    let kept = work.blobs().acquire(blob).await?;
    work.commit().await?;
    Ok(kept)
}

async fn release(store: &Arc<dyn Store>) -> Result<()> {
    let mut work = store.begin().await?;
    work.blobs().release(CONTENT).await?;
    Ok(work.commit().await?)
}

async fn purge(store: &Arc<dyn Store>, unused_for: TimeDelta) -> Result<Vec<String>> {
    let mut work = store.begin().await?;
    let keys = work.blobs().purge(unused_for, 10).await?;
    work.commit().await?;
    Ok(keys)
}

pub(crate) async fn one_content_is_one_blob(store: Arc<dyn Store>) -> Outcome {
    let won = race(8, |number| {
        let store = Arc::clone(&store);
        async move {
            let mine = blob(&format!("key-{number}"));
            let stored = acquire(&store, &mine).await?;
            assert_eq!(store.read().await?.blobs().find(CONTENT).await?.as_ref(), Some(&stored));
            Ok(stored == mine)
        }
    });
    assert_eq!(won.await?, 1);
    assert_eq!(store.read().await?.blobs().find(Sha256([1; 32])).await?, None);
    Ok(())
}

pub(crate) async fn a_content_is_purged_when_every_reference_was_released(store: Arc<dyn Store>) -> Outcome {
    for key in ["first", "second", "third"] {
        assert_eq!(acquire(&store, &blob(key)).await?.storage_key, "first");
    }
    for _ in 0..2 {
        release(&store).await?;
        assert_eq!(purge(&store, TimeDelta::zero()).await?, [""; 0]);
    }
    release(&store).await?;
    assert_eq!(purge(&store, TimeDelta::hours(1)).await?, [""; 0], "before its time");
    assert_eq!(store.read().await?.blobs().find(CONTENT).await?, Some(blob("first")));
    assert_eq!(purge(&store, TimeDelta::zero()).await?, ["first"]);
    assert_eq!(purge(&store, TimeDelta::zero()).await?, [""; 0], "a second time");
    assert_eq!(store.read().await?.blobs().find(CONTENT).await?, None);
    Ok(())
}

pub(crate) async fn what_was_never_referred_to_is_not_released(store: Arc<dyn Store>) -> Outcome {
    let mut work = store.begin().await?;
    assert_not_found(work.blobs().release(CONTENT).await)?;
    work.blobs().acquire(&blob("key")).await?;
    work.blobs().release(CONTENT).await?;
    assert_not_found(work.blobs().release(CONTENT).await)?;
    work.commit().await?;
    assert_eq!(purge(&store, TimeDelta::zero()).await?, ["key"]);
    Ok(())
}

pub(crate) async fn a_content_that_is_used_again_is_not_purged(store: Arc<dyn Store>) -> Outcome {
    acquire(&store, &blob("first")).await?;
    release(&store).await?;
    assert_eq!(acquire(&store, &blob("second")).await?.storage_key, "first", "within the time of grace");
    assert_eq!(purge(&store, TimeDelta::zero()).await?, [""; 0]);
    Ok(())
}

pub(crate) async fn a_purged_content_comes_back_with_a_new_object(store: Arc<dyn Store>) -> Outcome {
    acquire(&store, &blob("first")).await?;
    release(&store).await?;
    purge(&store, TimeDelta::zero()).await?;
    let again = Blob { created_at: at(9), ..blob("second") };
    assert_eq!(acquire(&store, &again).await?, again);
    assert_eq!(store.read().await?.blobs().find(CONTENT).await?, Some(again));
    assert_eq!(purge(&store, TimeDelta::zero()).await?, [""; 0]);
    release(&store).await?;
    assert_eq!(purge(&store, TimeDelta::zero()).await?, ["second"]);
    Ok(())
}

pub(crate) async fn a_purged_content_is_forgotten_once_no_file_names_it(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let task = task("media");
    let mut named = file(&ada, CONTENT, &task);
    let mut work = store.begin().await?;
    work.blobs().acquire(&blob("named")).await?;
    work.tasks().insert(&task).await?;
    work.files().insert(&named).await?;
    let other = Blob { sha256: Sha256([1; 32]), ..blob("other") };
    work.blobs().acquire(&other).await?;
    work.blobs().release(CONTENT).await?;
    work.blobs().release(other.sha256).await?;
    named.deleted_at = Some(at(1));
    work.files().delete(named.id, at(1)).await?;
    assert_eq!(work.blobs().forget_purged(10).await?, 0, "before they are purged");
    let mut keys = work.blobs().purge(TimeDelta::zero(), 10).await?;
    keys.sort();
    assert_eq!(keys, ["named", "other"]);
    assert_eq!(work.blobs().forget_purged(10).await?, 1);
    assert_eq!(work.blobs().forget_purged(10).await?, 0);
    // The one that a file names is still there to be revived.
    assert_eq!(work.blobs().acquire(&blob("again")).await?.storage_key, "again");
    Ok(work.commit().await?)
}

pub(crate) async fn a_sweep_takes_no_more_than_it_was_told_to(store: Arc<dyn Store>) -> Outcome {
    let mut work = store.begin().await?;
    for number in 0..5 {
        let sha256 = Sha256([number; 32]);
        work.blobs().acquire(&Blob { sha256, ..blob(&format!("key-{number}")) }).await?;
        work.blobs().release(sha256).await?;
    }
    assert_eq!(work.blobs().purge(TimeDelta::zero(), 3).await?.len(), 3);
    assert_eq!(work.blobs().purge(TimeDelta::zero(), 3).await?.len(), 2);
    assert_eq!(work.blobs().forget_purged(3).await?, 3);
    assert_eq!(work.blobs().forget_purged(3).await?, 2);
    Ok(work.commit().await?)
}

pub(crate) async fn keys_are_named_by_blobs_that_were_not_purged(store: Arc<dyn Store>) -> Outcome {
    acquire(&store, &blob("gone")).await?;
    release(&store).await?;
    purge(&store, TimeDelta::zero()).await?;
    let kept = Blob { sha256: Sha256([1; 32]), ..blob("kept") };
    acquire(&store, &kept).await?;
    let keys = ["unknown", "gone", "kept"].map(str::to_owned);
    let mut read = store.read().await?;
    assert_eq!(read.blobs().named(&keys).await?, ["kept"]);
    assert_eq!(read.blobs().named(&[]).await?, [""; 0]);
    Ok(())
}

/// Many refer to one content, take it back, and purge it, all at once: whoever has a reference finds the object.
pub(crate) async fn of_racing_uses_and_purges_none_loses_its_object(store: Arc<dyn Store>) -> Outcome {
    const ROUNDS: usize = 15;
    let uses = race(8, |number| {
        let store = Arc::clone(&store);
        async move {
            for round in 0..ROUNDS {
                let mine = blob(&format!("key-{number}-{round}"));
                let kept = acquire(&store, &mine).await?;
                // Nobody can purge it as long as it is referred to.
                let found = store.read().await?.blobs().find(CONTENT).await?;
                assert_eq!(found, Some(kept));
                release(&store).await?;
                let purged = purge(&store, TimeDelta::zero()).await?;
                assert!(purged.len() <= 1, "one content has one object: {purged:?}");
            }
            Ok(true)
        }
    });
    assert_eq!(uses.await?, 8);
    purge(&store, TimeDelta::zero()).await?;
    let mut work = store.begin().await?;
    assert_not_found(work.blobs().release(CONTENT).await)?;
    assert_eq!(work.blobs().find(CONTENT).await?, None, "every reference was released");
    Ok(())
}
