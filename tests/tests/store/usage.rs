//! What users' files take up, and uploads that are under way.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Store, Upload, UploadId, Usage, User};

use super::{
    Outcome,
    builders::{given_user, id},
    fixture::{Result, assert_not_found, race},
};

async fn charge(store: &Arc<dyn Store>, user: &User, bytes: u64, allowed: Option<u64>) -> Result<bool> {
    let mut work = store.begin().await?;
    let charged = work.usage().charge(user.id, bytes, allowed).await?;
    work.commit().await?;
    Ok(charged)
}

async fn begin(
    store: &Arc<dyn Store>,
    user: &User,
    lasts: TimeDelta,
    at_most: u64,
) -> Result<Option<UploadId>> {
    let upload = Upload { id: UploadId::new(id()), user_id: user.id };
    let mut work = store.begin().await?;
    let begun = work.usage().begin_upload(upload, lasts, at_most).await?;
    work.commit().await?;
    Ok(begun.then_some(upload.id))
}

async fn usage(store: &Arc<dyn Store>, user: &User) -> Result<Usage> {
    Ok(store.read().await?.usage().find(user.id).await?)
}

pub(crate) async fn files_are_charged_up_to_the_last_allowed_byte(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    assert_eq!(usage(&store, &ada).await?, Usage::default());
    assert!(!charge(&store, &ada, 11, Some(10)).await?, "the first, larger than all that is allowed");
    assert!(charge(&store, &ada, 4, Some(10)).await?);
    assert!(!charge(&store, &ada, 7, Some(10)).await?);
    assert!(charge(&store, &ada, 6, Some(10)).await?);
    assert!(charge(&store, &ada, 0, Some(10)).await?, "an empty one takes nothing");
    assert!(!charge(&store, &ada, 1, Some(10)).await?);
    assert!(!charge(&store, &ada, u64::MAX / 2, Some(10)).await?);
    assert_eq!(usage(&store, &ada).await?, Usage { bytes: 10, files: 3 });
    assert!(charge(&store, &ada, 5_000_000_000, None).await?);
    assert_eq!(usage(&store, &ada).await?, Usage { bytes: 5_000_000_010, files: 4 });
    assert!(charge(&store, &bob, 10, Some(10)).await?, "each has what is theirs");
    Ok(())
}

pub(crate) async fn a_charge_is_taken_back_once(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    assert!(charge(&store, &ada, 10, Some(10)).await?);
    let mut work = store.begin().await?;
    work.usage().discharge(ada.id, 10).await?;
    assert_not_found(work.usage().discharge(ada.id, 0).await)?;
    work.commit().await?;
    assert_eq!(usage(&store, &ada).await?, Usage::default());
    assert!(charge(&store, &ada, 10, Some(10)).await?);
    Ok(())
}

pub(crate) async fn of_racing_charges_as_many_win_as_fit(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let won = race(10, |_| {
        let (store, ada) = (Arc::clone(&store), ada.clone());
        async move { charge(&store, &ada, 3, Some(10)).await }
    });
    assert_eq!(won.await?, 3);
    assert_eq!(usage(&store, &ada).await?, Usage { bytes: 9, files: 3 });
    Ok(())
}

pub(crate) async fn an_upload_takes_a_place_until_it_is_over(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let hour = TimeDelta::hours(1);
    let first = begin(&store, &ada, hour, 2).await?.ok_or("the first place")?;
    assert!(begin(&store, &ada, hour, 2).await?.is_some());
    assert!(begin(&store, &ada, hour, 2).await?.is_none());
    assert!(begin(&store, &bob, hour, 2).await?.is_some(), "each has places of their own");
    for _ in 0..2 {
        let mut work = store.begin().await?;
        work.usage().end_upload(first).await?;
        work.commit().await?;
    }
    assert!(begin(&store, &ada, hour, 2).await?.is_some());
    assert!(begin(&store, &ada, hour, 2).await?.is_none(), "an upload is over once");
    assert_eq!(usage(&store, &ada).await?, Usage::default(), "nothing is charged before it is stored");
    Ok(())
}

pub(crate) async fn an_upload_that_lasts_too_long_is_over(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    for _ in 0..3 {
        assert!(begin(&store, &ada, TimeDelta::seconds(-1), 1).await?.is_some());
    }
    assert!(begin(&store, &ada, TimeDelta::hours(1), 1).await?.is_some());
    let mut work = store.begin().await?;
    assert_eq!(work.usage().forget_uploads(2).await?, 2);
    assert_eq!(work.usage().forget_uploads(2).await?, 1);
    assert_eq!(work.usage().forget_uploads(2).await?, 0);
    work.commit().await?;
    assert!(
        begin(&store, &ada, TimeDelta::hours(1), 1).await?.is_none(),
        "the one that lasts is still there"
    );
    Ok(())
}

pub(crate) async fn of_racing_uploads_as_many_begin_as_there_are_places(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let won = race(12, |_| {
        let (store, ada) = (Arc::clone(&store), ada.clone());
        async move { Ok(begin(&store, &ada, TimeDelta::hours(1), 4).await?.is_some()) }
    });
    assert_eq!(won.await?, 4);
    Ok(())
}
